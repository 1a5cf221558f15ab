/// How the program is checked for memory errors.
package enum CheckMode: String, Sendable, CaseIterable {
    case off, sampled, full, pages
}

/// The settings of the memory checks, and what the checks did so far.
package struct CheckTotals: Sendable, Hashable {
    /// Blocks between guard pages.
    package struct Guard: Sendable, Hashable {
        /// One in this many allocations gets guard pages.
        package var rate: UInt64 = 0
        /// The largest number of blocks between guard pages at a time.
        package var slots: UInt64 = 0
        package var blocks: UInt64 = 0
        package var liveBlocks: UInt64 = 0
        /// How often an allocation got no guard pages because no slot was free.
        package var full: UInt64 = 0
        /// Accesses to guard pages, reported at the moment of the access.
        package var faults: UInt64 = 0

        package init() {}
    }

    /// Freed memory that is kept for a while.
    package struct Quarantine: Sendable, Hashable {
        package var blocks: UInt64 = 0
        package var bytes: UInt64 = 0
        package var limitBytes: UInt64 = 0
        /// Freed blocks that were not kept: too large for the quarantine, or the quarantine was full.
        package var skipped: UInt64 = 0

        package init() {}
    }

    package var mode: CheckMode
    /// Whether the first error ends the process.
    package var abortsOnError = false
    package var errors: UInt64 = 0
    package var distinct: UInt64 = 0
    /// Errors that were counted but have no report, because the table was full.
    package var dropped: UInt64 = 0
    package var byKind: [MemoryError.Kind: UInt64] = [:]
    /// Frees of addresses about which the core knows nothing; they were passed on to the allocator.
    package var unknownFrees: UInt64 = 0
    package var guarded = Guard()
    package var quarantine = Quarantine()
    /// Blocks that got canaries: bytes before and behind the block that the program must not write.
    package var canariedBlocks: UInt64 = 0
    /// Blocks that were never given back to the allocator, because the bytes before them were destroyed.
    package var lostBlocks: UInt64 = 0
    package var sweeps: UInt64 = 0

    package init(mode: CheckMode) {
        self.mode = mode
    }

    /// Whether a sweep of the whole heap can find anything.
    package var canSweep: Bool { mode != .off }
    /// Whether every block is watched, not only a share of them.
    package var watchesEveryBlock: Bool { mode == .full || mode == .pages }
}
