public import Tracking

extension MemScope {
    /// The live blocks of one type, as in a row of `/api/types`.
    public struct TypeUsage: Sendable, Hashable, Codable {
        /// The name of the type, such as "Demo.Account"; for blocks of C code, the image that allocated them.
        public var name: String
        /// The kind of the type.
        public var kind: TypeKind
        /// The number of live blocks.
        public var blocks: UInt64
        /// The bytes of these blocks.
        public var bytes: UInt64
        /// The retained size: the bytes that would be freed with all blocks of the type, both their own and those of
        /// blocks that only they hold.
        ///
        /// It comes from the last scan whose graph was kept, so it may be smaller than the current bytes. Nil when
        /// there is no such scan, and for types that the scan did not find.
        public var retainedBytes: UInt64?

        package init(_ total: TypeTotal, retainedBytes: UInt64?) {
            name = total.type.name
            kind = total.type.kind
            blocks = total.blocks
            bytes = total.bytes
            self.retainedBytes = retainedBytes
        }
    }

    /// The columns by which types can be sorted.
    public enum TypeColumn: String, Sendable, Hashable, CaseIterable {
        /// Bytes of live blocks.
        case bytes
        /// Live blocks.
        case blocks
        /// The retained size; types for which it is not known count as 0.
        case retainedBytes
        /// The type's name.
        case name
    }
}

package typealias TypeColumn = MemScope.TypeColumn
