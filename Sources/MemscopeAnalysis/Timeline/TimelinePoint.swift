/// What the collector reads once a second: gauges, and counters since the start.
package struct TimelineReading: Sendable, Hashable {
    /// Monotonic nanoseconds.
    package var time: UInt64
    package var liveBytes: UInt64
    package var liveBlocks: UInt64
    package var allocations: UInt64
    package var frees: UInt64
    package var allocatedBytes: UInt64
    /// Nil when the system did not say; also below.
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

/// Means per second over the time between two readings.
package struct TimelineRates: Sendable, Hashable {
    package var allocationsPerSecond: Double
    package var freesPerSecond: Double
    package var allocatedBytesPerSecond: Double

    /// - Precondition: `older.time < newer.time`.
    init(from older: TimelineReading, to newer: TimelineReading) {
        let seconds = Double(newer.time - older.time) / 1e9
        // A counter can step back: threads are read one after another, and estimates are corrected.
        func rate(_ counter: (TimelineReading) -> UInt64) -> Double {
            counter(newer) > counter(older) ? Double(counter(newer) - counter(older)) / seconds : 0
        }
        allocationsPerSecond = rate(\.allocations)
        freesPerSecond = rate(\.frees)
        allocatedBytesPerSecond = rate(\.allocatedBytes)
    }
}

/// One place on the timeline.
///
/// Gauges are those of its last reading.
package struct TimelinePoint: Sendable, Hashable {
    package var last: TimelineReading
    /// Highest of the readings that the point stands for.
    package var maximumLiveBytes: UInt64
    /// Since the point before; nil for the first.
    package var rates: TimelineRates?
}
