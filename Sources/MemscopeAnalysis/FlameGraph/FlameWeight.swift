package import Tracking

/// What the width of a flame graph's boxes stands for.
package enum FlameWeight: String, Sendable, CaseIterable {
    case bytes, blocks, allocatedBytes, allocations

    package func value(of counts: Counts) -> UInt64 {
        switch self {
        case .bytes: counts.liveBytes
        case .blocks: counts.liveBlocks
        case .allocatedBytes: counts.allocatedBytes
        case .allocations: counts.allocations
        }
    }
}

extension FlameGraph {
    /// Builds the flame graph of call stacks.
    ///
    /// - Parameters:
    ///   - sites: With their counters.
    ///   - weight: Which counter.
    ///   - minimumShare: See `FlameGraphBuilder.build(minimumShare:)`.
    ///   - frames: Names a stack, innermost first. Not asked for stacks that weigh nothing.
    package init(
        sites: [Site],
        weight: FlameWeight,
        minimumShare: Double = 0,
        frames: (Site) -> [Frame]
    ) {
        var builder = FlameGraphBuilder()
        for site in sites {
            let value = weight.value(of: site.counts)
            guard value > 0 else { continue }
            builder.add(frames(site), value: value, isTruncated: site.quality == .truncated)
        }
        self = builder.build(minimumShare: minimumShare)
    }
}
