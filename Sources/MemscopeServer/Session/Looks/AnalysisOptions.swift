public import Tracking

extension MemScope {
    /// How much a look at the heap may cost.
    public struct AnalysisOptions: Sendable, Hashable {
        /// Bytes for the graph of the heap, about 80 per live block; more would be refused.
        public var memoryLimitBytes: UInt64 = 1 << 30
        /// How long the look may take; the program runs meanwhile.
        public var timeout = Duration.seconds(60)

        /// Whether what the calling thread's stack holds is left out: it is known to have no frame of the program's.
        var ignoresOwnStack = false
        /// The image whose async functions run tests, and so keep nothing that a test has made.
        var ignoredRunner: String?
        /// Whether the process ends after it.
        var isLast = false
        /// Whose cycles are described; nil: all.
        var scope: AllocationScope?

        /// Limits of 1 GiB and one minute.
        public init() {}
    }
}
