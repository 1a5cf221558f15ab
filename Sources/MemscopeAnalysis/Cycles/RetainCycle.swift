/// One step of a retain cycle: an object of `type` holds the next object by `field`.
package struct CycleStep: Sendable, Hashable {
    package var type: String
    package var field: String

    package init(type: String, field: String) {
        self.type = type
        self.field = field
    }
}

/// The reference of a cycle that should not be strong.
package struct CycleBreak: Sendable, Hashable {
    /// Where to look up the place in the source that made the reference.
    package enum Place: Sendable, Hashable {
        /// The call stack that allocated the holder of the reference: a closure's context, a variable's box, a task.
        case site(UInt32)
        /// The word of a block that points to a closure's code: a closure that captures only one object has no block of
        /// its own.
        case code(node: UInt32, offset: UInt64)
    }

    package var from: String
    package var field: String
    package var to: String
    /// Why this reference was chosen, and what to do.
    package var reason: String
    /// Nil for a stored property, whose name is enough to find it.
    package var place: Place?
}

/// A group of objects that hold one another, together with all equal groups.
///
/// Groups are equal when their shortest cycles have the same types and fields (elements of one array or dictionary are
/// one field), and when roots hold all of them or none.
package struct RetainCycle: Sendable, Hashable {
    /// The largest number of steps that a path keeps.
    package static let pathLimit = 64

    /// The shortest cycle of the oldest group; only the first `pathLimit` steps when it is longer.
    package var path: [CycleStep]
    /// The number of steps in the shortest cycle.
    package var length: Int
    /// The block of each step, in the oldest group.
    package var nodes: [UInt32]
    package var breakEdge: CycleBreak
    /// The number of equal groups.
    package var count: Int
    /// The number of objects in all groups, not counting array, dictionary, set and string storage; for a group of
    /// storage only, the number of its blocks.
    package var objects: Int
    /// The bytes of the objects and their storage, without other blocks that they hold.
    package var bytes: UInt64
    /// The types of the objects, those on the path first.
    package var types: [String]
    /// Whether a root still holds the objects, so that they may be intended, or a second scan did not confirm that they
    /// are unreachable.
    package var isReachable: Bool
    /// Whether a step of the cycle is a word whose meaning is not known.
    package var isInferred: Bool
    /// The call stack that allocated the oldest object.
    package var site: UInt32
    package var oldest: UInt32
}
