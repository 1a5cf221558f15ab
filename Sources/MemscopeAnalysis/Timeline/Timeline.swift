/// A named moment.
package struct Mark: Sendable, Hashable {
    /// Monotonic nanoseconds.
    package var time: UInt64
    package var name: String

    package init(time: UInt64, name: String) {
        self.time = time
        self.name = name
    }
}

/// How the heap moved: three rings of different resolution and the newest marks.
///
/// Bounded: 2,760 points of about 100 bytes, less than 300 KiB, and `markCapacity` marks,
/// whose names the caller keeps short.
package struct Timeline: Sendable {
    package static let markCapacity = 256

    private var second = TimelineSeries(.second)
    private var tenSeconds = TimelineSeries(.tenSeconds)
    private var minute = TimelineSeries(.minute)
    private var markRing = RingBuffer<Mark>(capacity: markCapacity)

    package init() {}

    /// The newest point; its rates cover the time since the reading before.
    package var latest: TimelinePoint? { second.open }

    /// Oldest first.
    package var marks: [Mark] { markRing.elements }

    /// Takes in one reading, meant to come each second.
    ///
    /// Missed seconds stay missing: the next point's rates then cover the whole time since the last
    /// one, so that nothing allocated in between is lost. A reading that is not newer than the last
    /// is ignored.
    package mutating func add(_ reading: TimelineReading) {
        if let latest, reading.time <= latest.last.time { return }
        second.add(reading)
        tenSeconds.add(reading)
        minute.add(reading)
    }

    package mutating func add(_ mark: Mark) {
        markRing.append(mark)
    }

    /// Every point kept at this resolution; the last one may still be filling.
    package func columns(_ resolution: TimelineResolution) -> TimelineColumns {
        switch resolution {
        case .second: second.columns
        case .tenSeconds: tenSeconds.columns
        case .minute: minute.columns
        }
    }
}
