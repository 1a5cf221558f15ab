package import Tracking

extension MemScope.TypeColumn: ListColumn {
    package static let defaultOrder = ListOrder<Self>(.bytes, isDescending: true)
}

extension Page<TypeTotal> {
    /// A page of the type census; equal rows are sorted by name.
    ///
    /// `retained` returns the retained size of all blocks of a type, nil when it is not known.
    package init(
        types: [TypeTotal],
        order: ListOrder<TypeColumn>,
        after cursor: PageCursor<TypeColumn>? = nil,
        limit: Int,
        retained: (BlockType) -> UInt64? = { _ in nil }
    ) {
        self.init(of: types, order: order, after: cursor, limit: limit, byLabel: order.column == .name) { row in
            let value: UInt64 =
                switch order.column {
                case .bytes: row.bytes
                case .blocks: row.blocks
                case .retainedBytes: retained(row.type) ?? 0
                case .name: 0
                }
            let id = fingerprint("\(row.type.kind.rawValue) \(row.type.name)")
            return PageKey(value: value, label: row.type.name, id: id)
        }
    }
}
