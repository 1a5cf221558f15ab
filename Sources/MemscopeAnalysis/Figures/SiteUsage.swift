public import Tracking

extension MemScope {
    /// What one call stack allocated, as a row of `/api/sites`.
    ///
    /// Estimates where the quality of ``HeapSummary`` is not ``Quality/measured``.
    public struct SiteUsage: Sendable, Hashable, Codable {
        /// The same while the process runs; 0 stands for all blocks whose stack was not taken.
        public var id: UInt32
        /// Bytes of live blocks.
        public var bytes: UInt64
        /// Live blocks.
        public var blocks: UInt64
        /// Blocks allocated so far.
        public var allocations: UInt64
        /// Blocks freed so far.
        public var frees: UInt64
        /// Bytes allocated so far.
        public var allocatedBytes: UInt64
        /// Bytes freed so far.
        public var freedBytes: UInt64
        /// A lower bound of the highest live bytes.
        public var peakBytes: UInt64
        /// How far the stack can be trusted.
        public var stackQuality: StackQuality
        /// Whether its outer frames are those of the async functions that wait, not of the thread.
        public var isAsync: Bool
        /// Innermost call first.
        public var stack: [Frame]

        /// How far a call stack can be trusted.
        public enum StackQuality: String, Sendable, Hashable, CaseIterable, Codable {
            /// Every frame is known.
            case exact
            /// Its outer frames are missing.
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

    /// What call stacks are sorted by.
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
        /// Highest live bytes seen.
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
