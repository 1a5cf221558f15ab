import MemscopeAnalysis
import Testing

@Suite("Timeline") struct TimelineTests {
    /// Readings about a second apart, with late ticks and long stops.
    private func readings(_ count: Int, seed: UInt64) -> [TimelineReading] {
        var random = SplitMix(seed: seed)
        var reading = TimelineReading(
            time: 5_000_000_000,
            liveBytes: 0,
            liveBlocks: 0,
            allocations: 0,
            frees: 0,
            allocatedBytes: 0
        )
        return (0..<count).map { index in
            let isStop = Int.random(in: 0..<50, using: &random) == 0
            reading.time += isStop ? 95_000_000_000 : .random(in: 900_000_000...1_200_000_000, using: &random)
            reading.liveBytes = .random(in: 0...1_000_000, using: &random)
            reading.liveBlocks = .random(in: 0...1000, using: &random)
            reading.allocations += .random(in: 0...5000, using: &random)
            reading.frees += .random(in: 0...5000, using: &random)
            reading.allocatedBytes += .random(in: 0...1_000_000, using: &random)
            reading.rssBytes = index % 7 == 0 ? nil : .random(in: 0...1_000_000, using: &random)
            return reading
        }
    }

    /// What the columns should be: readings grouped by bucket, the newest `capacity` kept.
    private func model(_ readings: [TimelineReading], _ resolution: TimelineResolution) -> [[TimelineReading]] {
        var groups: [[TimelineReading]] = []
        for reading in readings {
            let width = resolution.nanoseconds
            if resolution != .second, let last = groups.last?.last, last.time / width == reading.time / width {
                groups[groups.count - 1].append(reading)
            } else {
                groups.append([reading])
            }
        }
        return groups
    }

    @Test("Every resolution agrees with a plain grouping of the readings", arguments: TimelineResolution.allCases)
    func aggregation(resolution: TimelineResolution) {
        for seed in 0..<5 as Range<UInt64> {
            let readings = readings(3000, seed: seed)
            var timeline = Timeline()
            for reading in readings { timeline.add(reading) }
            let columns = timeline.columns(resolution)
            let groups = model(readings, resolution)
            let kept = groups.suffix(resolution.capacity)

            #expect(columns.time == kept.map { $0.last?.time })
            #expect(columns.liveBytes == kept.map { $0.last?.liveBytes })
            #expect(columns.maximumLiveBytes == kept.map { $0.map(\.liveBytes).max() })
            #expect(columns.liveBlocks == kept.map { $0.last?.liveBlocks })
            #expect(columns.rssBytes == kept.map { $0.last?.rssBytes })
            for index in kept.indices.dropFirst() {
                guard let last = groups[index].last, let before = groups[index - 1].last else { continue }
                let rates = columns.rates[index - kept.startIndex]
                let seconds = Double(last.time - before.time) / 1e9
                #expect(rates?.allocationsPerSecond == Double(last.allocations - before.allocations) / seconds)
                #expect(rates?.freesPerSecond == Double(last.frees - before.frees) / seconds)
            }
        }
    }

    @Test("Rings stay within their capacity and end with the newest reading", arguments: TimelineResolution.allCases)
    func bounded(resolution: TimelineResolution) {
        var timeline = Timeline()
        let step = resolution.nanoseconds
        for index in 1...UInt64(resolution.capacity + 50) {
            timeline.add(
                TimelineReading(
                    time: index * step,
                    liveBytes: index,
                    liveBlocks: 0,
                    allocations: 0,
                    frees: 0,
                    allocatedBytes: 0
                )
            )
        }
        let columns = timeline.columns(resolution)
        #expect(columns.time.count == resolution.capacity)
        #expect(columns.time.first == 51 * step)
        #expect(columns.liveBytes.last == UInt64(resolution.capacity + 50))
        #expect(columns.ownBytes.count == columns.time.count && columns.rates.count == columns.time.count)
    }

    @Test("The first point has no rates")
    func firstPoint() {
        var timeline = Timeline()
        #expect(timeline.latest == nil && timeline.columns(.minute).time.isEmpty)
        timeline.add(readings(1, seed: 1)[0])
        #expect(timeline.columns(.second).rates == [nil])
        #expect(timeline.latest?.rates == nil)
    }

    @Test("A stopped process leaves no points, and its next rate covers the stop")
    func stop() {
        func reading(_ second: UInt64, allocations: UInt64) -> TimelineReading {
            TimelineReading(
                time: second * 1_000_000_000,
                liveBytes: 0,
                liveBlocks: 0,
                allocations: allocations,
                frees: 0,
                allocatedBytes: 0
            )
        }
        var timeline = Timeline()
        for reading in [reading(100, allocations: 0), reading(101, allocations: 10), reading(201, allocations: 210)] {
            timeline.add(reading)
        }
        #expect(timeline.columns(.second).time.count == 3)
        #expect(timeline.columns(.tenSeconds).time == [101_000_000_000, 201_000_000_000])
        #expect(timeline.latest?.rates?.allocationsPerSecond == 2)
    }

    @Test("A reading that is not newer is ignored, a counter that steps back is no rate")
    func backwards() {
        let readings = readings(2, seed: 2)
        var timeline = Timeline()
        timeline.add(readings[1])
        timeline.add(readings[0])
        timeline.add(readings[1])
        #expect(timeline.columns(.second).time == [readings[1].time])
        var later = readings[0]
        later.time = readings[1].time + 1
        later.allocations = 0
        timeline.add(later)
        #expect(timeline.latest?.rates?.allocationsPerSecond == 0)
    }

    @Test("The newest marks are kept in order")
    func marks() {
        var timeline = Timeline()
        for index in 0..<300 { timeline.add(Mark(time: UInt64(index), name: "m\(index)")) }
        #expect(timeline.marks.count == Timeline.markCapacity)
        #expect(timeline.marks.map(\.time) == Array(44..<300))
    }
}
