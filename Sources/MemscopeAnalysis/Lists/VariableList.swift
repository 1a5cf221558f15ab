package import Tracking

extension MemScope.VariableColumn: ListColumn {
    package static let defaultOrder = ListOrder<Self>(.bytes, isDescending: true)

    fileprivate func value(of variable: MemScope.VariableUsage) -> UInt64 {
        switch self {
        case .id: UInt64(variable.id)
        case .name: 0
        case .blocks: UInt64(variable.blocks)
        case .bytes: variable.bytes
        case .sharedBytes: variable.sharedBytes ?? 0
        case .retainedBytes: variable.retainedBytes ?? 0
        case .changes: variable.changes
        case .copies: variable.copies
        case .copiedBytes: variable.copiedBytes
        }
    }
}

extension Page<MemScope.VariableUsage> {
    /// A page of variables; equal rows are sorted by id.
    package init(
        variables: [MemScope.VariableUsage],
        order: ListOrder<VariableColumn>,
        after cursor: PageCursor<VariableColumn>? = nil,
        limit: Int
    ) {
        self.init(of: variables, order: order, after: cursor, limit: limit, byLabel: order.column == .name) {
            PageKey(
                value: order.column.value(of: $0),
                label: order.column == .name ? $0.name : "",
                id: UInt64($0.id)
            )
        }
    }
}
