package import Tracking

/// The columns by which lists of cycles and relations can be sorted.
package enum FindingColumn: String, ListColumn {
    case bytes, count, type

    package static let defaultOrder = ListOrder<Self>(.bytes, isDescending: true)
}

/// The columns by which leaks can be sorted.
package enum LeakColumn: String, ListColumn {
    case bytes, count, type
    /// The retained size; 0 when it is not known, as for growth.
    case retainedBytes

    package static let defaultOrder = ListOrder<Self>(.bytes, isDescending: true)
}

extension Page<MemScope.HeapAnalysis.Leak> {
    /// A page of leaks; equal rows are sorted by type.
    package init(
        leaks: [MemScope.HeapAnalysis.Leak],
        order: ListOrder<LeakColumn>,
        after cursor: PageCursor<LeakColumn>? = nil,
        limit: Int
    ) {
        self.init(of: leaks, order: order, after: cursor, limit: limit, byLabel: order.column == .type) { leak in
            let value: UInt64 =
                switch order.column {
                case .bytes: leak.bytes
                case .count: UInt64(leak.count)
                case .retainedBytes: leak.retainedBytes ?? 0
                case .type: 0
                }
            return PageKey(
                value: value,
                label: leak.type,
                id: fingerprint("\(leak.kind) \(leak.site) \(leak.typeKind) \(leak.type) \(leak.reason)")
            )
        }
    }
}

extension Page<MemScope.HeapAnalysis.Cycle> {
    /// A page of cycles; equal rows are sorted by the first type of the cycle.
    package init(
        cycles: [MemScope.HeapAnalysis.Cycle],
        order: ListOrder<FindingColumn>,
        after cursor: PageCursor<FindingColumn>? = nil,
        limit: Int
    ) {
        self.init(of: cycles, order: order, after: cursor, limit: limit, byLabel: order.column == .type) { cycle in
            PageKey(
                value: order.column.value(bytes: cycle.bytes, count: cycle.count),
                label: cycle.types.first ?? "",
                id: cycle.address.value
            )
        }
    }
}

extension Page<Relation> {
    /// A page of relations; equal rows are sorted by the type that refers.
    package init(
        relations: [Relation],
        order: ListOrder<FindingColumn>,
        after cursor: PageCursor<FindingColumn>? = nil,
        limit: Int
    ) {
        self.init(of: relations, order: order, after: cursor, limit: limit, byLabel: order.column == .type) {
            relation in
            PageKey(
                value: order.column.value(bytes: relation.bytes, count: relation.count),
                label: relation.from,
                id: fingerprint("\(relation.kind) \(relation.from) \(relation.field) \(relation.to)")
            )
        }
    }
}

extension FindingColumn {
    func value(bytes: UInt64, count: Int) -> UInt64 {
        switch self {
        case .bytes: bytes
        case .count: UInt64(count)
        case .type: 0
        }
    }
}
