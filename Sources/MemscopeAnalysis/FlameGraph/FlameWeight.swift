package import Tracking

/// What the width of the boxes in a flame graph stands for.
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
    ///   - sites: The call stacks with their counters.
    ///   - weight: The counter that becomes the value of a stack.
    ///   - minimumShare: See `FlameGraphBuilder.build(minimumShare:)`.
    ///   - places: Names the addresses of the stacks.
    package init(sites: [Site], weight: FlameWeight, minimumShare: Double = 0, places: StackPlaces) {
        var builder = FlameGraphBuilder(places: places)
        for site in sites {
            let value = weight.value(of: site.counts)
            guard value > 0 else { continue }
            builder.add(
                site.addresses,
                at: site.firstSeen,
                value: value,
                isTruncated: site.quality == .truncated
            )
        }
        self = builder.build(minimumShare: minimumShare)
    }
}
