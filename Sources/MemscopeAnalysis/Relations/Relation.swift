/// What one type's blocks are to another's.
package enum RelationKind: String, Sendable, Hashable, CaseIterable {
    /// The only reference to an object.
    case owns
    /// One of several references to an object or to storage.
    case shares
    /// A reference of a slice (`ArraySlice`, `Substring`), or into the middle, to storage that others refer to.
    case slices
    /// The only reference to storage or to a box, which are parts of a value rather than objects.
    case contains
    /// Two storages of one type and size with equal contents: copy-on-write made a copy, or somebody did.
    case copies
}

/// References between blocks of two types by one field.
///
/// Elements of storage that only one block refers to count as that block's field "accounts[]".
package struct Relation: Sendable, Hashable {
    package var kind: RelationKind
    package var from: String
    /// Empty for copies.
    package var field: String
    package var to: String
    package var count: Int
    /// Of the blocks referred to; of the copies that would not be needed.
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
