public import Tracking

extension MemScope {
    /// What the live blocks of one type take, as a row of `/api/types`.
    public struct TypeUsage: Sendable, Hashable, Codable {
        /// Such as "Demo.Account"; for C blocks the image that allocated them.
        public var name: String
        /// What that type is.
        public var kind: TypeKind
        /// Live blocks.
        public var blocks: UInt64
        /// Their bytes.
        public var bytes: UInt64
        /// Bytes that would come back if all blocks of the type went: theirs, and what only they hold.
        ///
        /// Of the last look that was kept, so it may be smaller than the bytes of now; nil without one, and for types
        /// that it did not see.
        public var retainedBytes: UInt64?

        package init(_ total: TypeTotal, retainedBytes: UInt64?) {
            name = total.type.name
            kind = total.type.kind
            blocks = total.blocks
            bytes = total.bytes
            self.retainedBytes = retainedBytes
        }
    }

    /// What types are sorted by.
    public enum TypeColumn: String, Sendable, Hashable, CaseIterable {
        /// Bytes of live blocks.
        case bytes
        /// Live blocks.
        case blocks
        /// What would come back with them; types for which it is not known count as 0.
        case retainedBytes
        /// The type's name.
        case name
    }
}

package typealias TypeColumn = MemScope.TypeColumn
