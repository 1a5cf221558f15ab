/// The live blocks of a site at one moment.
package struct GrowthPoint: Sendable, Hashable {
    /// In nanoseconds on the monotonic clock.
    package var time: UInt64
    package var liveBytes: UInt64
    package var liveBlocks: UInt64

    package init(time: UInt64, liveBytes: UInt64, liveBlocks: UInt64) {
        self.time = time
        self.liveBytes = liveBytes
        self.liveBlocks = liveBlocks
    }
}

/// How the live bytes of a site develop.
package struct GrowthTrend: Sendable, Hashable {
    package enum Shape: String, Sendable, CaseIterable {
        /// The minimum of the live bytes rises from quarter to quarter of the time.
        case steady
        /// The live bytes rise and fall again, as in caches.
        case sawTooth
        /// The live bytes rose once and then stayed.
        case step
        /// The live bytes do not rise.
        case flat
    }

    package var shape: Shape
    /// The median of the slopes between any two points.
    package var slopeBytesPerSecond: Double
    package var slopeBlocksPerSecond: Double
    /// 1 - p, where p is the probability that bytes in random order would rise as clearly.
    package var confidence: Double
    package var points: Int
    package var nanoseconds: UInt64
}

/// A site whose live bytes grow steadily; its blocks are still reachable, so they are no leak yet.
package struct GrowthFinding: Sendable, Hashable {
    package var site: UInt32
    package var trend: GrowthTrend
    package var last: GrowthPoint
}
