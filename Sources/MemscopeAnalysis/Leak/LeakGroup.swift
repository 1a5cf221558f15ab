import Tracking

/// The kind of an unreachable block.
package enum LeakKind: UInt8, Sendable, Hashable, CaseIterable {
    /// No unreachable block holds it, or only blocks that it holds itself without a retain cycle.
    case direct = 1
    /// An unreachable block holds it.
    case indirect
    /// It is part of a retain cycle.
    case cycle
}

/// Blocks of one type that were allocated by call stacks with the same names.
package protocol BlockGroup {
    /// The number of one of the call stacks with these names.
    var site: UInt32 { get }
    /// Index in `HeapGraph.types`, or `HeapNode.none`.
    var type: UInt32 { get }
    var count: Int { get }
    var bytes: UInt64 { get }
    /// The bytes of these blocks and of everything that they hold, directly or not; nil when this was too much work to
    /// compute.
    ///
    /// Blocks that several groups hold count for each of them.
    var retainedBytes: UInt64? { get }
    /// The first blocks by address, at most `LeakGroup.nodeLimit`.
    var nodes: [UInt32] { get }
    var reason: String { get }
}

/// Unreachable blocks of one kind and type that were allocated by call stacks with the same names.
package struct LeakGroup: BlockGroup, Sendable, Hashable {
    /// The largest number of nodes that each group keeps.
    package static let nodeLimit = 16

    package var kind: LeakKind
    /// The reason, from the blocks' type and reference counts: "retain cycle", "held by a leaked Account".
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

    /// The properties by which a user distinguishes groups.
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

    /// Adds the blocks of another group.
    mutating func add(_ other: LeakGroup) {
        count += other.count
        bytes += other.bytes
        nodes = Array((nodes + other.nodes).sorted().prefix(Self.nodeLimit))
    }
}
