/// A named moment.
package struct Mark: Sendable, Hashable {
    /// In nanoseconds on the monotonic clock.
    package var time: UInt64
    package var name: String

    package init(time: UInt64, name: String) {
        self.time = time
        self.name = name
    }
}

/// The figures of the heap over time: three rings of different resolution, and the newest marks.
///
/// The size is bounded: 2,760 points of about 100 bytes, less than 300 KiB, and `markCapacity` marks, whose names the
/// caller must keep short.
package struct Timeline: Sendable {
    package static let markCapacity = 256

    private var second = TimelineSeries(.second)
    private var tenSeconds = TimelineSeries(.tenSeconds)
    private var minute = TimelineSeries(.minute)
    private var markRing = RingBuffer<Mark>(capacity: markCapacity)

    package init() {}

    /// The newest point; its rates cover the time since the previous reading.
    package var latest: TimelinePoint? { second.open }

    /// The marks, oldest first.
    package var marks: [Mark] { markRing.elements }

    /// Adds one reading; there should be one each second.
    ///
    /// Missed seconds stay missing: the rates of the next point then cover the whole time since the last one, so that
    /// no allocation is lost. A reading that is not newer than the last one is ignored.
    package mutating func add(_ reading: TimelineReading) {
        if let latest, reading.time <= latest.last.time { return }
        second.add(reading)
        tenSeconds.add(reading)
        minute.add(reading)
    }

    package mutating func add(_ mark: Mark) {
        markRing.append(mark)
    }

    /// All points that are kept at this resolution; the last one may not be complete yet.
    package func columns(_ resolution: TimelineResolution) -> TimelineColumns {
        switch resolution {
        case .second: second.columns
        case .tenSeconds: tenSeconds.columns
        case .minute: minute.columns
        }
    }
}
