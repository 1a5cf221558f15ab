/// How blocks of one type refer to blocks of another.
package enum RelationKind: String, Sendable, Hashable, CaseIterable {
    /// The only reference to an object.
    case owns
    /// One of several references to an object or to storage.
    case shares
    /// A reference from a slice (`ArraySlice`, `Substring`), or to the middle of a block, to storage that others refer
    /// to.
    case slices
    /// The only reference to storage or to a box; these are parts of a value rather than objects.
    case contains
    /// Two storage blocks of one type and size with equal contents: copy-on-write or other code made a copy.
    case copies
}

/// The references from blocks of one type to blocks of another by one field.
///
/// Elements of storage that only one block refers to count as that block's field, such as "accounts[]".
package struct Relation: Sendable, Hashable {
    package var kind: RelationKind
    package var from: String
    /// The field that refers; empty for copies.
    package var field: String
    package var to: String
    package var count: Int
    /// The bytes of the blocks that are referred to; for copies, the bytes of the unnecessary copies.
    package var bytes: UInt64

    package init(kind: RelationKind, from: String, field: String, to: String, count: Int, bytes: UInt64) {
        self.kind = kind
        self.from = from
        self.field = field
        self.to = to
        self.count = count
        self.bytes = bytes
    }
}
