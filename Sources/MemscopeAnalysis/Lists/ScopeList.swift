package import Tracking

extension MemScope.ScopeColumn: ListColumn {
    package static let defaultOrder = ListOrder<Self>(.escapedBytes, isDescending: true)

    package func value(of scope: MemScope.ScopeUsage) -> UInt64 {
        switch self {
        case .id: UInt64(scope.id)
        case .calls: scope.calls
        case .running: scope.running
        case .allocations: scope.allocations
        case .allocatedBytes: scope.allocatedBytes
        case .freedBytes: scope.freedBytes
        case .liveBytes: scope.liveBytes
        case .escapedBlocks: scope.escapedBlocks
        case .escapedBytes: scope.escapedBytes
        case .peakBytes: scope.peakBytes ?? 0
        case .nanoseconds: scope.nanoseconds
        }
    }
}

extension Page<MemScope.ScopeUsage> {
    /// A page of scopes; equal rows are sorted by id.
    package init(
        scopes: [MemScope.ScopeUsage],
        order: ListOrder<ScopeColumn>,
        after cursor: PageCursor<ScopeColumn>? = nil,
        limit: Int
    ) {
        self.init(of: scopes, order: order, after: cursor, limit: limit) {
            PageKey(value: order.column.value(of: $0), id: UInt64($0.id))
        }
    }
}
