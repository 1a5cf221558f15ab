package import Tracking

/// What lists of findings are sorted by: leaks, cycles, relations.
package enum FindingColumn: String, ListColumn {
    case bytes, count, type
}

extension Page<MemScope.HeapAnalysis.Leak> {
    /// A page of leaks; ties by type.
    package init(
        leaks: [MemScope.HeapAnalysis.Leak],
        order: ListOrder<FindingColumn>,
        after cursor: PageCursor<FindingColumn>? = nil,
        limit: Int
    ) {
        self.init(of: leaks, order: order, after: cursor, limit: limit, byLabel: order.column == .type) { leak in
            PageKey(
                value: order.column.value(bytes: leak.bytes, count: leak.count),
                label: leak.type,
                id: fingerprint("\(leak.kind) \(leak.site) \(leak.typeKind) \(leak.type) \(leak.reason)")
            )
        }
    }
}

extension Page<MemScope.HeapAnalysis.Cycle> {
    /// A page of cycles; ties by the type where their path begins.
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
    /// A page of relations; ties by the type that refers.
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
