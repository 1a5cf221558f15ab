/// What a site held at one moment.
package struct GrowthPoint: Sendable, Hashable {
    /// Monotonic nanoseconds.
    package var time: UInt64
    package var liveBytes: UInt64
    package var liveBlocks: UInt64

    package init(time: UInt64, liveBytes: UInt64, liveBlocks: UInt64) {
        self.time = time
        self.liveBytes = liveBytes
        self.liveBlocks = liveBlocks
    }
}

/// How a site's live bytes move.
package struct GrowthTrend: Sendable, Hashable {
    package enum Shape: String, Sendable, CaseIterable {
        /// What it never falls below rises, from quarter to quarter of the time.
        case steady
        /// It rises and falls back, as caches do.
        case sawTooth
        /// It rose and then stayed.
        case step
        /// It does not rise.
        case flat
    }

    package var shape: Shape
    /// Median of the slopes between any two points.
    package var slopeBytesPerSecond: Double
    package var slopeBlocksPerSecond: Double
    /// 1 - p, where p is the probability that bytes in random order would seem to rise as much.
    package var confidence: Double
    package var points: Int
    package var nanoseconds: UInt64
}

/// A site whose live bytes grow steadily: no leak yet, as something still refers to them.
package struct GrowthFinding: Sendable, Hashable {
    package var site: UInt32
    package var trend: GrowthTrend
    package var last: GrowthPoint
}
