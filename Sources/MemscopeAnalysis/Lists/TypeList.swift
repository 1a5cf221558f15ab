import Tracking

/// What the type census is sorted by.
package enum TypeColumn: String, ListColumn {
    case bytes, blocks, name
}

extension Page<TypeTotal> {
    /// A page of the type census; ties by name.
    package init(
        types: [TypeTotal],
        order: ListOrder<TypeColumn>,
        after cursor: PageCursor<TypeColumn>? = nil,
        limit: Int
    ) {
        self.init(of: types, order: order, after: cursor, limit: limit, byLabel: order.column == .name) { row in
            let value: UInt64 =
                switch order.column {
                case .bytes: row.bytes
                case .blocks: row.blocks
                case .name: 0
                }
            let id = fingerprint("\(row.type.kind.rawValue) \(row.type.name)")
            return PageKey(value: value, label: row.type.name, id: id)
        }
    }
}
