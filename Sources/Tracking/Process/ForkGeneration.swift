internal import CMemscope

/// The process in which something was made.
///
/// A forked child has what its parent made, but neither its threads nor whoever holds its locks.
package struct ForkGeneration: Sendable {
    private let number = mscope_fork_generation()

    package init() {}

    /// False in a forked child of the process that made it.
    package var isCurrent: Bool { mscope_fork_generation() == number }
}
