public import Tracking

extension MemScope {
    /// What one call stack allocated, as in a row of `/api/sites`.
    ///
    /// The figures are estimates when the quality of ``HeapSummary`` is not ``Quality/measured``.
    public struct SiteUsage: Sendable, Hashable, Codable {
        /// The number of the call stack, which stays the same while the process runs; 0 stands for all blocks without a
        /// stack.
        public var id: UInt32
        /// The bytes of its live blocks.
        public var bytes: UInt64
        /// The number of its live blocks.
        public var blocks: UInt64
        /// The number of blocks allocated so far.
        public var allocations: UInt64
        /// The number of blocks freed so far.
        public var frees: UInt64
        /// Bytes allocated so far.
        public var allocatedBytes: UInt64
        /// Bytes freed so far.
        public var freedBytes: UInt64
        /// The highest live bytes that were observed, in bytes: a lower bound of the true peak.
        public var peakBytes: UInt64
        /// How reliable the stack is.
        public var stackQuality: StackQuality
        /// Whether the outer frames are those of the waiting async functions, not those of the thread.
        public var isAsync: Bool
        /// The frames of the stack, innermost call first.
        public var stack: [Frame]

        /// How reliable a call stack is.
        public enum StackQuality: String, Sendable, Hashable, CaseIterable, Codable {
            /// Every frame is known.
            case exact
            /// The outer frames are missing.
            case truncated
            /// A frame was found without unwind information.
            case guessed
            /// No stack was taken.
            case none
        }

        package init(_ site: Site, stack: [Frame]) {
            id = site.id
            bytes = site.counts.liveBytes
            blocks = site.counts.liveBlocks
            allocations = site.counts.allocations
            frees = site.counts.frees
            allocatedBytes = site.counts.allocatedBytes
            freedBytes = site.counts.freedBytes
            peakBytes = site.peakBytes
            stackQuality = StackQuality(site)
            isAsync = site.isAsync
            self.stack = stack
        }

        private enum CodingKeys: String, CodingKey {
            case id, bytes, blocks, allocations, frees, allocatedBytes, freedBytes, peakBytes, stackQuality, stack
            case isAsync = "async"
        }
    }

    /// The columns by which call stacks can be sorted.
    public enum SiteColumn: String, Sendable, Hashable, CaseIterable {
        /// Bytes of live blocks.
        case bytes
        /// Live blocks.
        case blocks
        /// Blocks allocated so far.
        case allocations
        /// Blocks freed so far.
        case frees
        /// Bytes allocated so far.
        case allocatedBytes
        /// The highest live bytes that were observed.
        case peakBytes
    }
}

extension MemScope.SiteUsage.StackQuality {
    package init(_ site: Site) {
        self =
            switch site.quality {
            case _ where site.id == 0: .none
            case .exact: .exact
            case .truncated: .truncated
            case .guessed: .guessed
            }
    }
}

package typealias SiteColumn = MemScope.SiteColumn
