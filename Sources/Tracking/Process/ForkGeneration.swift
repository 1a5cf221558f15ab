internal import CMemscope

/// Identifies the process in which an object was made.
///
/// A forked child has copies of its parent's objects, but not its parent's threads; so no thread in the child will
/// release a lock that was held at the fork.
package struct ForkGeneration: Sendable {
    private let number = mscope_fork_generation()

    package init() {}

    /// False in a forked child of the process that made the object.
    package var isCurrent: Bool { mscope_fork_generation() == number }
}
