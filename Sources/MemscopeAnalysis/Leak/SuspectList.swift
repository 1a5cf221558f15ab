import Tracking

/// Blocks of one type and call stack; each is held only by one word, and these words are in the same place.
package struct SuspectGroup: BlockGroup, Sendable, Hashable {
    /// Where the words are.
    package enum Place: Sendable, Hashable {
        case register(thread: Int32)
        case stack(thread: Int32)
        /// In frames of waiting async functions.
        case frames
        /// In MemScope's own memory.
        case own
    }

    package let place: Place
    package let site: UInt32
    package let type: UInt32
    package private(set) var count = 0
    package private(set) var bytes: UInt64 = 0
    package fileprivate(set) var retainedBytes: UInt64?
    package private(set) var nodes: [UInt32] = []

    fileprivate mutating func add(_ node: UInt32, _ size: UInt64) {
        count += 1
        bytes += size
        if nodes.count < LeakGroup.nodeLimit { nodes.append(node) }
    }

    /// Why they may or may not be leaks.
    package var reason: String {
        let (word, owner) =
            switch place {
            case .register(let thread): ("in a register of thread \(thread)", "a variable of a running function")
            case .stack(let thread): ("on the stack of thread \(thread)", "a variable of a running function")
            case .frames: ("in the frames of a task", "a variable of a waiting function")
            case .own: ("in MemScope's own memory", "kept there by a library that both use")
            }
        return "held only by one word \(word): \(owner), or what an earlier call left"
    }
}

/// Blocks that are held only by one word on a stack, in a register, in a frame or in MemScope's own memory, by
/// descending bytes; they may be unreachable.
package struct SuspectList: Sendable {
    private struct Key: Hashable {
        var place: SuspectGroup.Place
        var site: UInt32
        var type: UInt32
    }

    package private(set) var groups: [SuspectGroup] = []

    /// `representative` maps all sites whose named stacks are the same to one of them.
    ///
    /// - Returns: Nil when the system refuses the memory.
    /// - Complexity: O(nodes + edges); retained bytes that would cost more are not computed.
    init?(
        _ graph: HeapGraph,
        _ holds: HoldGraph,
        _ reachability: Reachability,
        representative: (UInt32) -> UInt32
    ) {
        guard reachability.stackSuspects.blocks > 0 else { return }
        guard let groupOfNode = Column<UInt32>(count: graph.count) else { return nil }
        let types = TypeNumbers(graph)
        var indexOfKey: [Key: Int] = [:]
        for node in 0..<UInt32(graph.count) where reachability.single.contains(node) {
            let block = graph.nodes[Int(node)]
            let root = holds.isRooted(node) ? graph.roots[Int(block.root)] : nil
            let key = Key(place: Self.place(of: root), site: representative(block.site), type: types[block.type])
            let index = indexOfKey[key] ?? groups.count
            if index == groups.count {
                indexOfKey[key] = index
                groups.append(SuspectGroup(place: key.place, site: key.site, type: key.type))
            }
            groups[index].add(node, block.size)
            groupOfNode[Int(node)] = UInt32(index) + 1
        }
        guard let retention = LeakRetention(graph, holds, kept: reachability.proven, groupOfNode: groupOfNode) else {
            return nil
        }
        let order = groups.indices.sorted {
            (groups[$1].bytes, groups[$0].nodes[0]) < (groups[$0].bytes, groups[$1].nodes[0])
        }
        let blocks = reachability.stackSuspects.blocks
        let retained = retention.bytes(counts: groups.map(\.count), order: order, total: blocks)
        for index in groups.indices { groups[index].retainedBytes = retained[index] }
        groups = order.map { groups[$0] }
    }

    private static func place(of root: HeapRoot?) -> SuspectGroup.Place {
        guard let root else { return .frames }
        return switch root.kind {
        case .internal: .own
        case .register: .register(thread: root.tid)
        default: .stack(thread: root.tid)
        }
    }
}
