/// The live bytes over time of the sites that grew most.
///
/// The size is bounded: `siteLimit` series of `pointLimit` points, about 400 KiB, and the first figures of
/// `baselineLimit` sites, about 400 KiB. When a series is full, every second point is removed, and from then on half as
/// many readings are kept: so a series always reaches back to its beginning.
package struct GrowthHistory: Sendable {
    package static let siteLimit = 200
    package static let pointLimit = 120
    package static let baselineLimit = 16_384

    /// The live blocks of a site at one reading.
    package struct Sample: Sendable, Hashable {
        package var site: UInt32
        package var liveBytes: UInt64
        package var liveBlocks: UInt64

        package init(site: UInt32, liveBytes: UInt64, liveBlocks: UInt64) {
            self.site = site
            self.liveBytes = liveBytes
            self.liveBlocks = liveBlocks
        }
    }

    /// The time at which the warm-up ends; earlier readings are not kept.
    private let beginning: UInt64
    private var baseline: [UInt32: UInt64]?
    private var seriesOfSite: [UInt32: [GrowthPoint]] = [:]
    private var lastTime: UInt64 = 0
    /// One of this many readings is kept.
    private var stride = 1
    private var readings = 0

    /// Keeps readings from `warmUp` nanoseconds after `start` on.
    package init(start: UInt64, warmUp: UInt64 = 60_000_000_000) {
        beginning = start + warmUp
    }

    /// The sites that have a series, in ascending order.
    package var sites: [UInt32] { seriesOfSite.keys.sorted() }

    /// Whether at least this many readings were kept after the warm-up.
    package func hasReadings(_ count: Int) -> Bool { stride > 1 || readings >= count }

    package func series(of site: UInt32) -> [GrowthPoint] { seriesOfSite[site] ?? [] }

    /// Adds a reading of all sites; a site that is not in it has no live blocks.
    ///
    /// A reading that is not newer than the last one is ignored.
    ///
    /// - Complexity: O(sites).
    package mutating func add(_ samples: [Sample], at time: UInt64) {
        guard time >= beginning, time > lastTime else { return }
        lastTime = time
        defer { readings += 1 }
        if baseline == nil { baseline = Self.firstBytes(samples) }
        guard readings % stride == 0 else { return }
        var fresh: [UInt32: Sample] = [:]
        for sample in samples where seriesOfSite[sample.site] != nil { fresh[sample.site] = sample }
        admit(samples, &fresh)
        for site in seriesOfSite.keys {
            let sample = fresh[site] ?? Sample(site: site, liveBytes: 0, liveBlocks: 0)
            seriesOfSite[site]?.append(
                GrowthPoint(time: time, liveBytes: sample.liveBytes, liveBlocks: sample.liveBlocks)
            )
        }
        if seriesOfSite.values.contains(where: { $0.count >= Self.pointLimit }) { thin() }
    }

    private static func firstBytes(_ samples: [Sample]) -> [UInt32: UInt64] {
        let isAll = samples.count <= baselineLimit
        let greatest = (isAll ? samples : samples.sorted { $0.liveBytes > $1.liveBytes }).prefix(baselineLimit)
        return Dictionary(greatest.map { ($0.site, $0.liveBytes) }, uniquingKeysWith: max)
    }

    private func growth(_ sample: Sample) -> UInt64 {
        let first = baseline?[sample.site] ?? 0
        return sample.liveBytes > first ? sample.liveBytes - first : 0
    }

    /// Gives a series to sites that grew more than sites that have one now.
    private mutating func admit(_ samples: [Sample], _ fresh: inout [UInt32: Sample]) {
        let grown = samples.filter { growth($0) > 0 }.sorted { growth($0) > growth($1) }.prefix(Self.siteLimit)
        let unknown = grown.filter { seriesOfSite[$0.site] == nil }
        var places = Self.siteLimit - seriesOfSite.count
        let settled = fresh
        var leaving = seriesOfSite.keys.map { (site: $0, growth: settled[$0].map(growth) ?? 0) }
            .sorted { ($0.growth, $0.site) > ($1.growth, $1.site) }
        for sample in unknown {
            if places == 0 {
                guard let least = leaving.last, least.growth < growth(sample) else { return }
                seriesOfSite[least.site] = nil
                leaving.removeLast()
                places += 1
            }
            seriesOfSite[sample.site] = []
            fresh[sample.site] = sample
            places -= 1
        }
    }

    private mutating func thin() {
        stride *= 2
        for (site, points) in seriesOfSite {
            // Counted from the newest point, so that the next point has the same distance from it as the others have.
            seriesOfSite[site] = points.indices.filter { (points.count - 1 - $0) % 2 == 0 }.map { points[$0] }
        }
        readings = 0
    }
}
