package import Tracking

/// Unreachable blocks in groups of one kind, type and call stack (by its names), by descending bytes.
package struct LeakList: Sendable {
    package private(set) var groups: [LeakGroup] = []
    package private(set) var blocks = 0
    package private(set) var bytes: UInt64 = 0
    private var keys: GroupKeys

    /// `representative` maps all sites whose named stacks are the same to one of them.
    ///
    /// - Returns: Nil when the system refuses the memory.
    /// - Complexity: O(nodes + edges); retained bytes that would cost more are not computed.
    init?(
        _ graph: HeapGraph,
        _ holds: HoldGraph,
        reachability: Reachability,
        naming: LeakNaming,
        representative: (UInt32) -> UInt32
    ) {
        keys = GroupKeys(graph)
        guard reachability.unreachableBlocks > 0 else { return }
        guard let groupOfNode = Column<UInt32>(count: graph.count) else { return nil }
        var naming = naming
        let nodes = Column(graph.nodes)
        for node in 0..<graph.count {
            guard let kind = naming.kinds.kind(of: node) else { continue }
            let block = nodes[node]
            let group = keys.index(of: kind, block)
            if group == groups.count {
                groups.append(LeakGroup(kind: kind, site: block.site, type: keys.types[block.type]))
            }
            groupOfNode[node] = UInt32(group) + 1
            groups[group].add(UInt32(node), block.size)
            naming.add(UInt32(node), to: group)
            blocks += 1
            bytes += block.size
        }
        merge(representative, &naming, groupOfNode)
        for index in groups.indices { groups[index].reason = naming.reason(for: groups[index], at: index) }
        guard let retention = LeakRetention(graph, holds, kept: reachability.kept, groupOfNode: groupOfNode) else {
            return nil
        }
        // Groups where a leak begins come first, then groups with many bytes.
        func rank(_ group: LeakGroup) -> (Int, UInt64) { (group.kind == .indirect ? 0 : 1, group.bytes) }
        let worth = groups.indices.sorted { rank(groups[$0]) > rank(groups[$1]) }
        let retained = retention.bytes(counts: groups.map(\.count), order: worth, total: blocks)
        for index in groups.indices { groups[index].retainedBytes = retained[index] }
        let order = groups.indices.sorted {
            (groups[$1].bytes, groups[$0].nodes[0]) < (groups[$0].bytes, groups[$1].nodes[0])
        }
        groups = order.map { groups[$0] }
        keys.move(order)
    }

    /// The index in `groups` of an unreachable block of this kind; nil for a block that is kept.
    package func group(of kind: LeakKind, _ block: HeapNode) -> Int? { keys.known(kind, block) }

    /// Merges groups that a user could not distinguish.
    private mutating func merge(
        _ representative: (UInt32) -> UInt32,
        _ naming: inout LeakNaming,
        _ groupOfNode: Column<UInt32>
    ) {
        var first: [LeakGroup.Name: Int] = [:]
        var target = Array(groups.indices)
        for index in groups.indices {
            groups[index].site = representative(groups[index].site)
            target[index] = first[groups[index].name] ?? index
            first[groups[index].name] = target[index]
        }
        guard first.count < groups.count else { return }
        for index in groups.indices where target[index] != index {
            groups[target[index]].add(groups[index])
            naming.merge(index, into: target[index])
        }
        let left = groups.indices.filter { target[$0] == $0 }
        var place = [Int](repeating: 0, count: groups.count)
        for (new, old) in left.enumerated() { place[old] = new }
        let moved = target.map { place[$0] }
        for node in 0..<groupOfNode.count where groupOfNode[node] != 0 {
            groupOfNode[node] = UInt32(moved[Int(groupOfNode[node]) - 1]) + 1
        }
        groups = left.map { groups[$0] }
        naming.keep(left)
        keys.replace(moved)
    }
}

/// The index of a block's group, by kind, call stack and type.
private struct GroupKeys: Sendable {
    private struct Key: Hashable {
        var kind: LeakKind
        var site: UInt32
        var type: UInt32
    }

    private var indexOfKey: [Key: Int] = [:]
    let types: TypeNumbers

    init(_ graph: HeapGraph) { types = TypeNumbers(graph) }

    func known(_ kind: LeakKind, _ block: HeapNode) -> Int? {
        indexOfKey[Key(kind: kind, site: block.site, type: types[block.type])]
    }

    /// The index of a block's group; a new group gets the next free index.
    mutating func index(of kind: LeakKind, _ block: HeapNode) -> Int {
        let key = Key(kind: kind, site: block.site, type: types[block.type])
        if let known = indexOfKey[key] { return known }
        indexOfKey[key] = indexOfKey.count
        return indexOfKey.count - 1
    }

    /// `moved` contains the new index of each group.
    mutating func replace(_ moved: [Int]) {
        indexOfKey = indexOfKey.mapValues { moved[$0] }
    }

    /// `order` contains the old index for each new place.
    mutating func move(_ order: [Int]) {
        var moved = order
        for (new, old) in order.enumerated() { moved[old] = new }
        replace(moved)
    }
}
