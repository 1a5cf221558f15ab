package import Tracking

extension MemScope.SiteColumn: ListColumn {
    package static let defaultOrder = ListOrder<Self>(.bytes, isDescending: true)

    package func value(of site: Site) -> UInt64 {
        switch self {
        case .bytes: site.counts.liveBytes
        case .blocks: site.counts.liveBlocks
        case .allocations: site.counts.allocations
        case .frees: site.counts.frees
        case .allocatedBytes: site.counts.allocatedBytes
        case .peakBytes: site.peakBytes
        }
    }
}

extension Page<Site> {
    /// A page of call stacks; equal rows are sorted by id.
    package init(
        sites: [Site],
        order: ListOrder<SiteColumn>,
        after cursor: PageCursor<SiteColumn>? = nil,
        limit: Int
    ) {
        self.init(of: sites, order: order, after: cursor, limit: limit) {
            PageKey(value: order.column.value(of: $0), id: UInt64($0.id))
        }
    }
}
