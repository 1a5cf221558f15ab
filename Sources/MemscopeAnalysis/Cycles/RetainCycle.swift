/// One step of a retain cycle: an object of a type holds the next by a field.
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
    /// What says where the reference was written down, once there are names.
    package enum Place: Sendable, Hashable {
        /// The call stack that allocated what holds the reference: a closure's context, a variable's box, a task.
        case site(UInt32)
        /// The word of a block that points to the closure's code: a closure that captures one object alone has no
        /// block of its own.
        case code(node: UInt32, offset: UInt64)
    }

    package var from: String
    package var field: String
    package var to: String
    /// Why this one, and what to do.
    package var reason: String
    /// Nil for a stored property, which its name leads to.
    package var place: Place?
}

/// Objects that hold one another, and all others of which the same can be said.
///
/// They are the same when their shortest cycles have the same types and fields (elements of one array or dictionary are
/// one field) and a root holds all of them or none.
package struct RetainCycle: Sendable, Hashable {
    /// Most steps of a path that are kept.
    package static let pathLimit = 64

    /// The shortest cycle of the oldest of them; only its first steps when it has more than `pathLimit`.
    package var path: [CycleStep]
    /// How many steps the shortest cycle has.
    package var length: Int
    /// The block of each step, in the oldest of them.
    package var nodes: [UInt32]
    package var breakEdge: CycleBreak
    /// How many groups of objects that hold one another.
    package var count: Int
    /// Objects of all of them, not counting array, dictionary, set and string storage; of what is nothing but storage
    /// its blocks.
    package var objects: Int
    /// Bytes of the objects and their storage, not of what they hold besides.
    package var bytes: UInt64
    /// Of the objects, those on the path first.
    package var types: [String]
    /// A root still holds them, so they may be meant; or being lost was not confirmed.
    package var isReachable: Bool
    /// A step is a word that is only known to be a word.
    package var isInferred: Bool
    /// The allocation of the oldest object.
    package var site: UInt32
    package var oldest: UInt32
}
