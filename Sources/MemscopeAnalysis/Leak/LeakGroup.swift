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

/// Lost blocks of one kind, type and call stack as it reads.
package struct LeakGroup: Sendable, Hashable {
    /// Most nodes that are kept per group.
    package static let nodeLimit = 16

    package var kind: LeakKind
    /// What it is, from the blocks' type and reference counts: "retain cycle", "held by a leaked Account".
    package var reason = ""
    /// One of those whose stacks read the same.
    package var site: UInt32
    /// Index in `HeapGraph.types`, or `HeapNode.none`.
    package var type: UInt32
    package var count = 0
    package var bytes: UInt64 = 0
    /// Bytes of these blocks and of everything lost that they hold; nil when it was too much work to find out.
    ///
    /// What several groups hold counts for each.
    package var retainedBytes: UInt64?
    /// The first by address.
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
