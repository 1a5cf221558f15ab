/// Live information about the heap of the running process.
///
/// All calls for users are in this namespace; `import MemscopeServer` makes it available.
public enum MemScope {
    /// How much is recorded of each allocation.
    public enum Mode: String, Sendable, CaseIterable, Codable {
        /// Records every block with its call stack.
        case full
        /// Records every block, and the call stacks of a sampled share.
        case balanced
        /// Records a sampled share of the blocks; figures are unbiased estimates.
        case sampled
        /// Records no new blocks; blocks recorded before stay exact.
        case off
    }

    /// How a figure was obtained, and so how far it can be trusted.
    public enum Quality: String, Sendable, CaseIterable, Codable {
        /// Counted one by one.
        case measured
        /// Estimated from a sample, without bias.
        case sampled
        /// Concluded from other observations.
        case inferred
    }
}
