import Tracking

/// How a block is lost.
package enum LeakKind: UInt8, Sendable, Hashable, CaseIterable {
    /// No lost block holds it, or only blocks that it holds itself without a retain cycle.
    case direct = 1
    /// A lost block holds it.
    case indirect
    /// It is part of a retain cycle.
    case cycle
}

/// Blocks of one type and call stack as it reads.
package protocol BlockGroup {
    /// One of those whose stacks read the same.
    var site: UInt32 { get }
    /// Index in `HeapGraph.types`, or `HeapNode.none`.
    var type: UInt32 { get }
    var count: Int { get }
    var bytes: UInt64 { get }
    /// Bytes of these blocks and of everything that hangs on them; nil when it was too much work to find out.
    ///
    /// What several groups hold counts for each.
    var retainedBytes: UInt64? { get }
    /// The first by address, at most `LeakGroup.nodeLimit`.
    var nodes: [UInt32] { get }
    var reason: String { get }
}

/// Lost blocks of one kind, type and call stack as it reads.
package struct LeakGroup: BlockGroup, Sendable, Hashable {
    /// Most nodes that are kept per group.
    package static let nodeLimit = 16

    package var kind: LeakKind
    /// What it is, from the blocks' type and reference counts: "retain cycle", "held by a leaked Account".
    package var reason = ""
    package var site: UInt32
    package var type: UInt32
    package var count = 0
    package var bytes: UInt64 = 0
    package var retainedBytes: UInt64?
    package var nodes: [UInt32] = []

    init(kind: LeakKind, site: UInt32, type: UInt32) {
        self.kind = kind
        self.site = site
        self.type = type
    }

    /// What a reader knows a group by.
    struct Name: Hashable {
        var kind: LeakKind
        var type: UInt32
        var site: UInt32
    }

    var name: Name { Name(kind: kind, type: type, site: site) }

    mutating func add(_ node: UInt32, _ size: UInt64) {
        count += 1
        bytes += size
        if nodes.count < Self.nodeLimit { nodes.append(node) }
    }

    /// Takes in another's blocks.
    mutating func add(_ other: LeakGroup) {
        count += other.count
        bytes += other.bytes
        nodes = Array((nodes + other.nodes).sorted().prefix(Self.nodeLimit))
    }
}
