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

/// Lost blocks of one kind, call stack and type.
package struct LeakGroup: Sendable, Hashable {
    /// Most nodes that are kept per group.
    package static let nodeLimit = 16

    package var kind: LeakKind
    /// What it is, from the blocks' type and reference counts: "retain cycle", "held by a leaked Account".
    package var reason = ""
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
}
