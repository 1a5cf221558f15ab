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
            return PageKey(value: value, label: row.type.name, id: row.type.fingerprint)
        }
    }
}

extension BlockType {
    /// 64-bit FNV-1a of kind and name: unlike `hashValue` the same in every process.
    ///
    /// - SeeAlso: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, *The FNV Non-Cryptographic
    ///   Hash Algorithm*, IETF draft-eastlake-fnv.
    fileprivate var fingerprint: UInt64 {
        (kind.rawValue + " " + name).utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
