public import Tracking

extension MemScope {
    /// The whole process' figures at one moment, as `/api/summary` and the envelope around it have them.
    ///
    /// Counters cover the time since tracking began; MemScope's own threads are not in them. The coded form has the
    /// names of the API, all on one level: an answer of the API does not decode as this.
    public struct HeapSummary: Sendable, Hashable, Codable {
        /// How much is recorded now.
        public var mode = Mode.full
        /// Whether the figures of the heap are counted or estimated.
        public var quality = Quality.measured

        /// Bytes of live blocks.
        public var liveBytes: UInt64 = 0
        /// Live blocks.
        public var liveBlocks: UInt64 = 0
        /// Upper bound of one standard deviation of `liveBytes`; 0 when they are measured.
        public var liveBytesStandardError = 0.0
        /// Blocks allocated so far.
        public var allocations: UInt64 = 0
        /// Blocks freed so far.
        public var frees: UInt64 = 0
        /// Bytes allocated so far.
        public var allocatedBytes: UInt64 = 0
        /// Bytes freed so far.
        public var freedBytes: UInt64 = 0
        /// The most bytes that were live at a time.
        public var peakLiveBytes: UInt64 = 0
        /// By how much `peakLiveBytes` may be too low.
        public var peakErrorBytes: UInt64 = 0
        /// Distinct call stacks.
        public var sites: UInt64 = 0
        /// Threads that run.
        public var threads: UInt64 = 0

        /// Resident set size; nil when the system did not say.
        public var rssBytes: UInt64?
        /// What the allocator holds from the system; nil when it does not say, or not so soon again.
        public var allocatorHeldBytes: UInt64?
        /// Such as "glibc" or "jemalloc".
        public var allocator = ""
        /// Time since tracking began.
        public var uptime: Duration { .nanoseconds(uptimeNanoseconds) }
        package var uptimeNanoseconds: UInt64 = 0
        /// Memory of MemScope's own.
        public var ownBytes: UInt64 = 0
        /// What that may grow to.
        public var ownLimitBytes: UInt64 = 0
        /// Means over the last second; nil without a server, which reads once a second.
        public var rates: Rates?
        /// Records that found no room: figures that depend on them are too low.
        public var dropped: UInt64 = 0

        package init() {}

        /// Means per second.
        public struct Rates: Sendable, Hashable, Codable {
            /// Blocks allocated.
            public var allocationsPerSecond: Double
            /// Blocks freed.
            public var freesPerSecond: Double
            /// Bytes allocated.
            public var allocatedBytesPerSecond: Double

            package init(_ rates: TimelineRates) {
                allocationsPerSecond = rates.allocationsPerSecond
                freesPerSecond = rates.freesPerSecond
                allocatedBytesPerSecond = rates.allocatedBytesPerSecond
            }
        }
    }
}
