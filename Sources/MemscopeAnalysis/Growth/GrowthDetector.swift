/// Distinguishes steady growth from caches that fill and empty, and from memory that is allocated once.
///
/// - SeeAlso: P. Sen, *Estimates of the Regression Coefficient Based on Kendall's Tau*, Journal of the American
///   Statistical Association 63 (1968), for the slope.
package struct GrowthDetector: Sendable, Hashable {
    /// The number of points below which the detector reports nothing.
    package var minimumPoints = 12
    package var minimumBytesPerSecond = 16.0
    package var minimumConfidence = 0.99
    /// The smallest share of the rise that each quarter must have for steady growth; equal quarters would all have
    /// share 1.
    private static let leastShare = 0.2
    /// The share of all rises that may be lost again before the shape is a saw-tooth.
    private static let mostTakenBack = 0.25

    package init() {}

    /// The sites that grow steadily, by descending slope.
    package func findings(in history: GrowthHistory) -> [GrowthFinding] {
        history.sites.compactMap { finding(of: $0, history.series(of: $0)) }
            .sorted { ($1.trend.slopeBytesPerSecond, $0.site) < ($0.trend.slopeBytesPerSecond, $1.site) }
    }

    private func finding(of site: UInt32, _ series: [GrowthPoint]) -> GrowthFinding? {
        guard let trend = trend(of: series), let last = series.last, trend.shape == .steady,
            trend.slopeBytesPerSecond >= minimumBytesPerSecond, trend.confidence >= minimumConfidence
        else { return nil }
        return GrowthFinding(site: site, trend: trend, last: last)
    }

    /// The trend of a series; nil when it has too few points.
    ///
    /// - Precondition: The points are ascending by time.
    /// - Complexity: O(n² log n).
    package func trend(of series: [GrowthPoint]) -> GrowthTrend? {
        guard series.count >= max(minimumPoints, 4) else { return nil }
        let slope = theilSen(series) { $0.liveBytes }
        return GrowthTrend(
            shape: shape(of: series.map(\.liveBytes), slope: slope),
            slopeBytesPerSecond: slope,
            slopeBlocksPerSecond: theilSen(series) { $0.liveBlocks },
            confidence: 1 - MannKendall(series.map(\.liveBytes)).pRising,
            points: series.count,
            nanoseconds: series[series.count - 1].time - series[0].time
        )
    }

    private func shape(of bytes: [UInt64], slope: Double) -> GrowthTrend.Shape {
        let floors = (0..<4).map { quarter in
            Double(bytes[bytes.count * quarter / 4..<bytes.count * (quarter + 1) / 4].min() ?? 0)
        }
        let rise = floors[3] - floors[0]
        let leastRise = rise / 3 * Self.leastShare
        if slope > 0, rise > 0, zip(floors, floors.dropFirst()).allSatisfy({ $1 - $0 >= leastRise }) { return .steady }
        var (risen, fallen) = (0.0, 0.0)
        for (before, after) in zip(bytes, bytes.dropFirst()) {
            if after > before { risen += Double(after - before) } else { fallen += Double(before - after) }
        }
        if risen > 0, fallen > risen * Self.mostTakenBack { return .sawTooth }
        return risen > fallen ? .step : .flat
    }
}

/// The median of the slopes between any two points, per second; a few outliers hardly change it.
///
/// - Precondition: The points are ascending by time.
/// - Complexity: O(n² log n).
func theilSen(_ series: [GrowthPoint], _ value: (GrowthPoint) -> UInt64) -> Double {
    var slopes: [Double] = []
    slopes.reserveCapacity(series.count * (series.count - 1) / 2)
    for later in series.indices {
        for earlier in 0..<later where series[later].time > series[earlier].time {
            let seconds = Double(series[later].time - series[earlier].time) / 1e9
            slopes.append((Double(value(series[later])) - Double(value(series[earlier]))) / seconds)
        }
    }
    guard !slopes.isEmpty else { return 0 }
    slopes.sort()
    return (slopes[(slopes.count - 1) / 2] + slopes[slopes.count / 2]) / 2
}
