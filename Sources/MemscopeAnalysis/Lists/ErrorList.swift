package import Tracking

/// The columns by which memory errors can be sorted.
package enum ErrorColumn: String, ListColumn {
    case firstSeen, lastSeen, count, kind

    package static let defaultOrder = ListOrder<Self>(.firstSeen, isDescending: false)
}

extension Page<MemoryError> {
    /// A page of memory errors; equal rows come in the order in which the errors were first seen.
    package init(
        errors: [MemoryError],
        order: ListOrder<ErrorColumn>,
        after cursor: PageCursor<ErrorColumn>? = nil,
        limit: Int
    ) {
        self.init(of: errors, order: order, after: cursor, limit: limit, byLabel: order.column == .kind) { error in
            PageKey(
                value: order.column.value(of: error),
                label: order.column == .kind ? error.kind.rawValue : "",
                id: UInt64(error.id)
            )
        }
    }
}

extension ErrorColumn {
    fileprivate func value(of error: MemoryError) -> UInt64 {
        switch self {
        case .firstSeen: error.firstSeen
        case .lastSeen: error.lastSeen
        case .count: error.count
        case .kind: 0
        }
    }
}
