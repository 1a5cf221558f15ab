/// How the program is checked for memory errors.
package enum CheckMode: String, Sendable, CaseIterable {
    case off, sampled, full, pages
}

/// What the memory checks are set to, and what they did so far.
package struct CheckTotals: Sendable, Hashable {
    /// Blocks between guard pages.
    package struct Guard: Sendable, Hashable {
        /// One in so many allocations.
        package var rate: UInt64 = 0
        /// Blocks at a time.
        package var slots: UInt64 = 0
        package var blocks: UInt64 = 0
        package var liveBlocks: UInt64 = 0
        /// How often there was no room.
        package var full: UInt64 = 0
        /// Accesses caught in the act.
        package var faults: UInt64 = 0

        package init() {}
    }

    /// Freed memory that is kept for a while.
    package struct Quarantine: Sendable, Hashable {
        package var blocks: UInt64 = 0
        package var bytes: UInt64 = 0
        package var limitBytes: UInt64 = 0
        /// Too large for it, or it was full.
        package var skipped: UInt64 = 0

        package init() {}
    }

    package var mode: CheckMode
    /// The first error ends the process.
    package var abortsOnError = false
    package var errors: UInt64 = 0
    package var distinct: UInt64 = 0
    /// Counted, but without a report: the table was full.
    package var dropped: UInt64 = 0
    package var byKind: [MemoryError.Kind: UInt64] = [:]
    /// Of addresses nobody can tell about; they were passed on.
    package var unknownFrees: UInt64 = 0
    package var guarded = Guard()
    package var quarantine = Quarantine()
    /// Blocks that got bytes before and behind them that nobody may write.
    package var canariedBlocks: UInt64 = 0
    /// Never given back: what stood before them was destroyed.
    package var lostBlocks: UInt64 = 0
    package var sweeps: UInt64 = 0

    package init(mode: CheckMode) {
        self.mode = mode
    }

    /// Whether looking at the whole heap can find anything.
    package var canSweep: Bool { mode != .off }
    /// Whether every block is watched, not a share.
    package var watchesEveryBlock: Bool { mode == .full || mode == .pages }
}
