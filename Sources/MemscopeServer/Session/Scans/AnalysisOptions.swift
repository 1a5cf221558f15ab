public import Tracking

extension MemScope {
    /// Limits for a scan of the heap.
    public struct AnalysisOptions: Sendable, Hashable {
        /// The largest size of the heap graph in bytes, about 80 per live block; a scan that needs more fails.
        public var memoryLimitBytes: UInt64 = 1 << 30
        /// The longest duration of the scan; the program runs meanwhile.
        public var timeout = Duration.seconds(60)

        /// Whether references on the calling thread's stack are ignored, because it has no frame of the program.
        var ignoresOwnStack = false
        /// The image whose async functions run tests; they hold nothing that a test has made.
        var ignoredRunner: String?
        /// Whether the process ends after the scan.
        var isLast = false
        /// Only cycles with a block of this scope are described; nil: all.
        var scope: AllocationScope?

        /// Sets limits of 1 GiB and one minute.
        public init() {}
    }
}
