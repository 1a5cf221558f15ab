public import Tracking

extension MemScope {
    /// Figures of the whole process at one moment, as in `/api/summary` and in the envelope of every answer.
    ///
    /// Counters begin when tracking began; MemScope's own threads are not counted. The coded form has the API's names,
    /// all on one level: an answer of the API cannot be decoded as this type.
    public struct HeapSummary: Sendable, Hashable, Codable {
        /// How much is recorded now.
        public var mode = Mode.full
        /// Whether the figures of the heap are counted or are estimates from samples.
        public var quality = Quality.measured

        /// The bytes of all live blocks.
        public var liveBytes: UInt64 = 0
        /// The number of live blocks.
        public var liveBlocks: UInt64 = 0
        /// Upper bound of one standard deviation of `liveBytes`, in bytes; 0 when they are measured.
        public var liveBytesStandardError = 0.0
        /// The number of blocks allocated so far.
        public var allocations: UInt64 = 0
        /// The number of blocks freed so far.
        public var frees: UInt64 = 0
        /// Bytes allocated so far.
        public var allocatedBytes: UInt64 = 0
        /// Bytes freed so far.
        public var freedBytes: UInt64 = 0
        /// The highest number of live bytes at any time so far.
        public var peakLiveBytes: UInt64 = 0
        /// The largest possible error of `peakLiveBytes`, in bytes: the true peak may be higher by this much.
        public var peakErrorBytes: UInt64 = 0
        /// The number of distinct call stacks.
        public var sites: UInt64 = 0
        /// The number of running threads.
        public var threads: UInt64 = 0

        /// Resident set size in bytes; nil when the system did not report it.
        public var rssBytes: UInt64?
        /// Bytes that the allocator holds from the system; nil when the allocator cannot tell, or was asked too
        /// recently.
        public var allocatorHeldBytes: UInt64?
        /// The name of the allocator, such as "glibc" or "jemalloc".
        public var allocator = ""
        /// Time since tracking began.
        public var uptime: Duration { .nanoseconds(uptimeNanoseconds) }
        package var uptimeNanoseconds: UInt64 = 0
        /// Memory that MemScope itself uses, in bytes.
        public var ownBytes: UInt64 = 0
        /// The largest value that `ownBytes` may reach.
        public var ownLimitBytes: UInt64 = 0
        /// Means over the last second; nil without a server, because only the server reads the counters once a second.
        public var rates: Rates?
        /// The number of records that were lost because a table was full: figures that depend on them are too low.
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
