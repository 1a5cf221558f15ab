/// A running process' own heap, live.
///
/// Everything a user calls hangs off this namespace; `import MemscopeServer` brings it in.
public enum MemScope {
    /// How much is recorded of each allocation.
    public enum Mode: String, Sendable, CaseIterable, Codable {
        /// Every block with its call stack.
        case full
        /// Every block; call stacks for a sampled share.
        case balanced
        /// A sampled share of blocks; figures are unbiased estimates.
        case sampled
        /// Nothing new; blocks already known stay exact.
        case off
    }

    /// How far a figure can be trusted.
    public enum Quality: String, Sendable, CaseIterable, Codable {
        /// Counted, each one.
        case measured
        /// Estimated from a sample, without bias.
        case sampled
        /// Concluded from what was seen.
        case inferred
    }
}
