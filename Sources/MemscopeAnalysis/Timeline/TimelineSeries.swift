/// The distance between the points of a series.
package enum TimelineResolution: String, Sendable, CaseIterable {
    case second = "1s"
    case tenSeconds = "10s"
    case minute = "1m"

    package var nanoseconds: UInt64 {
        switch self {
        case .second: 1_000_000_000
        case .tenSeconds: 10_000_000_000
        case .minute: 60_000_000_000
        }
    }

    /// The number of points that are kept: 10 minutes, 2 hours, 24 hours.
    package var capacity: Int {
        switch self {
        case .second: 600
        case .tenSeconds: 720
        case .minute: 1440
        }
    }
}

/// Points as columns of equal length, by ascending time.
///
/// There are no points for times when the process or its collector did not run.
package struct TimelineColumns: Sendable, Hashable {
    package var time: [UInt64] = []
    package var liveBytes: [UInt64] = []
    package var maximumLiveBytes: [UInt64] = []
    package var liveBlocks: [UInt64] = []
    package var rates: [TimelineRates?] = []
    package var rssBytes: [UInt64?] = []
    package var allocatorHeldBytes: [UInt64?] = []
    package var ownBytes: [UInt64] = []
}

/// One ring of the timeline, which combines readings into points of one resolution.
struct TimelineSeries: Sendable {
    private let resolution: TimelineResolution
    private var time, liveBytes, maximumLiveBytes, liveBlocks, ownBytes: RingBuffer<UInt64>
    private var rssBytes, allocatorHeldBytes: RingBuffer<UInt64?>
    private var rates: RingBuffer<TimelineRates?>
    /// The point to which new readings are added.
    private(set) var open: TimelinePoint?
    /// The last reading before the open point; the rates of the open point begin here.
    private var base: TimelineReading?

    init(_ resolution: TimelineResolution) {
        self.resolution = resolution
        // The open point uses one place of the capacity.
        let bytes = RingBuffer<UInt64>(capacity: resolution.capacity - 1)
        let optionalBytes = RingBuffer<UInt64?>(capacity: resolution.capacity - 1)
        (time, liveBytes, maximumLiveBytes, liveBlocks, ownBytes) = (bytes, bytes, bytes, bytes, bytes)
        (rssBytes, allocatorHeldBytes) = (optionalBytes, optionalBytes)
        rates = RingBuffer(capacity: resolution.capacity - 1)
    }

    /// - Precondition: `reading.time` is later than that of every earlier reading.
    mutating func add(_ reading: TimelineReading) {
        if let point = open, bucket(of: point.last) != bucket(of: reading) {
            close(point)
            base = point.last
            open = nil
        }
        open = TimelinePoint(
            last: reading,
            maximumLiveBytes: max(open?.maximumLiveBytes ?? 0, reading.liveBytes),
            rates: base.map { TimelineRates(from: $0, to: reading) }
        )
    }

    var columns: TimelineColumns {
        var columns = TimelineColumns(
            time: time.elements,
            liveBytes: liveBytes.elements,
            maximumLiveBytes: maximumLiveBytes.elements,
            liveBlocks: liveBlocks.elements,
            rates: rates.elements,
            rssBytes: rssBytes.elements,
            allocatorHeldBytes: allocatorHeldBytes.elements,
            ownBytes: ownBytes.elements
        )
        guard let open else { return columns }
        columns.time.append(open.last.time)
        columns.liveBytes.append(open.last.liveBytes)
        columns.maximumLiveBytes.append(open.maximumLiveBytes)
        columns.liveBlocks.append(open.last.liveBlocks)
        columns.rates.append(open.rates)
        columns.rssBytes.append(open.last.rssBytes)
        columns.allocatorHeldBytes.append(open.last.allocatorHeldBytes)
        columns.ownBytes.append(open.last.ownBytes)
        return columns
    }

    /// The finest series keeps every reading, so that a late reading cannot replace the next one.
    private func bucket(of reading: TimelineReading) -> UInt64 {
        resolution == .second ? reading.time : reading.time / resolution.nanoseconds
    }

    private mutating func close(_ point: TimelinePoint) {
        time.append(point.last.time)
        liveBytes.append(point.last.liveBytes)
        maximumLiveBytes.append(point.maximumLiveBytes)
        liveBlocks.append(point.last.liveBlocks)
        rates.append(point.rates)
        rssBytes.append(point.last.rssBytes)
        allocatorHeldBytes.append(point.last.allocatorHeldBytes)
        ownBytes.append(point.last.ownBytes)
    }
}
