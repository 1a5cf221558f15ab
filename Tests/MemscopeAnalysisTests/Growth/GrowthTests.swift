import MemscopeAnalysis
import Testing

@Suite("Growth") struct GrowthTests {
    private static let second: UInt64 = 1_000_000_000

    private func series(_ count: Int, _ bytes: (Int) -> Double) -> [GrowthPoint] {
        (0..<count).map { index in
            GrowthPoint(
                time: UInt64(index) * 10 * Self.second,
                liveBytes: UInt64(max(bytes(index), 0)),
                liveBlocks: UInt64(max(bytes(index), 0)) / 100
            )
        }
    }

    @Test(
        "Mann-Kendall gives the scores, variances and probabilities of the formula worked by hand",
        arguments: [
            (Array(0..<10), 45, 125.0, 4.1515351663224993e-05),
            ([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9], 36, 262.0, 0.01529725174331066),
            ([5, 4, 3, 2, 1], -10, 16.666666666666668, 0.9862568319442448), ([7, 7, 7, 7, 7, 7], 0, 0, 0.5),
        ] as [([UInt64], Int, Double, Double)]
    )
    func mannKendall(values: [UInt64], score: Int, variance: Double, p: Double) {
        let test = MannKendall(values)
        #expect(test.score == score)
        #expect(abs(test.variance - variance) < 1e-9)
        #expect(abs(test.pRising - p) < 1e-9)
    }

    @Test(
        "The tail of the normal distribution is that of tables",
        arguments: [
            (0, 0.5), (0.5, 0.3085375387259869), (1, 0.15865525393145707), (1.6448536269514722, 0.05),
            (2.3263478740408408, 0.01), (3.9, 4.809634401760275e-05), (-1, 0.8413447460685429), (12, 0),
        ]
    )
    func tail(value: Double, probability: Double) {
        #expect(abs(normalTail(value) - probability) < 1e-9)
    }

    @Test("The slope is the median of all slopes, which a few odd points do not move")
    func slope() throws {
        let points = series(40) { $0 % 13 == 5 ? 1e9 : 1000 + 500 * Double($0) }
        let trend = try #require(GrowthDetector().trend(of: points))
        #expect(abs(trend.slopeBytesPerSecond - 50) < 2)
        #expect(abs(trend.slopeBlocksPerSecond - 0.5) < 0.02)
        #expect(trend.points == 40 && trend.nanoseconds == 390 * Self.second)
    }

    @Test("Steady growth is found below noise, and its slope is near the truth", arguments: 0..<20 as Range<UInt64>)
    func steady(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let points = series(60) { 1e6 + 2000 * Double($0) + .random(in: 0...20_000, using: &random) }
        let trend = try #require(GrowthDetector().trend(of: points))
        #expect(trend.shape == .steady && trend.confidence > 0.99)
        #expect(abs(trend.slopeBytesPerSecond - 200) < 40)
    }

    @Test("Noise without growth is nothing", arguments: 0..<20 as Range<UInt64>)
    func noise(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var history = GrowthHistory(start: 0, warmUp: 0)
        for index in 1...60 as ClosedRange<UInt64> {
            let bytes = UInt64.random(in: 1_000_000...1_100_000, using: &random)
            history.add([.init(site: 1, liveBytes: bytes, liveBlocks: 1)], at: index * Self.second)
        }
        #expect(GrowthDetector().findings(in: history).isEmpty)
    }

    @Test("Caches that fill and empty, and what is allocated once, are no growth")
    func shapes() {
        let detector = GrowthDetector()
        #expect(detector.trend(of: series(60) { 1000 * Double($0 % 15) })?.shape == .sawTooth)
        #expect(detector.trend(of: series(60) { $0 < 20 ? 1000 : 90_000 })?.shape == .step)
        #expect(detector.trend(of: series(60) { 1000 * Double(min($0, 20)) })?.shape == .step)
        #expect(detector.trend(of: series(60) { _ in 5000 })?.shape == .flat)
        #expect(detector.trend(of: series(60) { 100_000 - 1000 * Double($0) })?.shape == .flat)
        // A cache above a leak: what it never falls below rises.
        #expect(detector.trend(of: series(60) { 1000 * Double($0 % 5) + 900 * Double($0) })?.shape == .steady)
        #expect(detector.trend(of: series(11) { 1000 * Double($0) }) == nil)
    }

    @Test("Nothing is kept of the time before the program has warmed up")
    func warmUp() {
        var history = GrowthHistory(start: 5 * Self.second, warmUp: 10 * Self.second)
        for index in 0..<40 as Range<UInt64> {
            history.add([.init(site: 3, liveBytes: index * 1000, liveBlocks: index)], at: index * Self.second)
        }
        #expect(history.series(of: 3).first?.time == 16 * Self.second)
        let findings = GrowthDetector().findings(in: history)
        #expect(findings.map(\.site) == [3] && findings.map(\.last.liveBytes) == [39_000])
        #expect(findings.allSatisfy { abs($0.trend.slopeBytesPerSecond - 1000) < 1 && $0.trend.confidence > 0.999 })
    }

    @Test("However long it runs, series stay short and reach back to the beginning with equal distances")
    func bounded() throws {
        var history = GrowthHistory(start: 0, warmUp: 0)
        var longest = 0
        for index in 1...2000 as ClosedRange<UInt64> {
            history.add([.init(site: 1, liveBytes: index * 64, liveBlocks: index)], at: index * Self.second)
            longest = max(longest, history.series(of: 1).count)
        }
        let series = history.series(of: 1)
        #expect(longest < GrowthHistory.pointLimit)
        #expect(series.count >= GrowthHistory.pointLimit / 2 - 1)
        let distances = Set(zip(series, series.dropFirst()).map { $1.time - $0.time })
        #expect(distances.count == 1)
        #expect(try #require(series.first).time < 200 * Self.second)
        #expect(GrowthDetector().findings(in: history).count == 1)
    }

    @Test("The sites that grow most have series, also when others were there first")
    func sites() {
        var history = GrowthHistory(start: 0, warmUp: 0)
        let count = UInt32(GrowthHistory.siteLimit)
        for index in 1...40 as ClosedRange<UInt64> {
            // Great sites that do not grow, many that grow a little, and late ones that grow more.
            var samples = (0..<50).map { GrowthHistory.Sample(site: $0, liveBytes: 1 << 30, liveBlocks: 1) }
            samples += (0..<count).map { .init(site: 1000 + $0, liveBytes: 100 + index, liveBlocks: 1) }
            if index > 20 { samples += (0..<10).map { .init(site: 5000 + $0, liveBytes: index * 5000, liveBlocks: 1) } }
            history.add(samples, at: index * Self.second)
            #expect(history.sites.count <= GrowthHistory.siteLimit)
        }
        #expect(history.sites.filter { $0 >= 5000 } == Array(5000..<5010))
        #expect(history.sites.allSatisfy { $0 >= 1000 })
        #expect(GrowthDetector().findings(in: history).map(\.site) == Array(5000..<5010))
    }

    @Test("A site that is gone holds nothing, and a reading that is not newer is ignored")
    func gone() {
        var history = GrowthHistory(start: 0, warmUp: 0)
        history.add([], at: 1)
        history.add([.init(site: 1, liveBytes: 5, liveBlocks: 1)], at: 2)
        history.add([.init(site: 1, liveBytes: 9, liveBlocks: 1)], at: 2)
        history.add([], at: 3)
        #expect(history.series(of: 1).map(\.liveBytes) == [5, 0])
    }
}
