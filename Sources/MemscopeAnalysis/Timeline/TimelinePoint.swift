/// What the collector reads once a second: current values, and counters since the start.
package struct TimelineReading: Sendable, Hashable {
    /// In nanoseconds on the monotonic clock.
    package var time: UInt64
    package var liveBytes: UInt64
    package var liveBlocks: UInt64
    package var allocations: UInt64
    package var frees: UInt64
    package var allocatedBytes: UInt64
    /// Nil when the system did not report the value; this also applies to `allocatorHeldBytes`.
    package var rssBytes: UInt64?
    package var allocatorHeldBytes: UInt64?
    package var ownBytes: UInt64

    package init(
        time: UInt64,
        liveBytes: UInt64,
        liveBlocks: UInt64,
        allocations: UInt64,
        frees: UInt64,
        allocatedBytes: UInt64,
        rssBytes: UInt64? = nil,
        allocatorHeldBytes: UInt64? = nil,
        ownBytes: UInt64 = 0
    ) {
        self.time = time
        self.liveBytes = liveBytes
        self.liveBlocks = liveBlocks
        self.allocations = allocations
        self.frees = frees
        self.allocatedBytes = allocatedBytes
        self.rssBytes = rssBytes
        self.allocatorHeldBytes = allocatorHeldBytes
        self.ownBytes = ownBytes
    }
}

/// The means per second between two readings.
package struct TimelineRates: Sendable, Hashable {
    package var allocationsPerSecond: Double
    package var freesPerSecond: Double
    package var allocatedBytesPerSecond: Double

    /// - Precondition: `older.time < newer.time`.
    init(from older: TimelineReading, to newer: TimelineReading) {
        let seconds = Double(newer.time - older.time) / 1e9
        // A counter can go back: threads are read one after another, and estimates are corrected.
        func rate(_ counter: (TimelineReading) -> UInt64) -> Double {
            counter(newer) > counter(older) ? Double(counter(newer) - counter(older)) / seconds : 0
        }
        allocationsPerSecond = rate(\.allocations)
        freesPerSecond = rate(\.frees)
        allocatedBytesPerSecond = rate(\.allocatedBytes)
    }
}

/// One point on the timeline.
///
/// Current values are those of its last reading.
package struct TimelinePoint: Sendable, Hashable {
    package var last: TimelineReading
    /// The highest value in all readings of this point.
    package var maximumLiveBytes: UInt64
    /// The rates since the previous point; nil for the first point.
    package var rates: TimelineRates?
}
