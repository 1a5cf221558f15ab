/// The second word of a Swift object: its reference counts, or where they are.
///
/// - SeeAlso: `RefCountBitOffsets` in Swift's stdlib/public/SwiftShims/swift/shims/RefCount.h, 64-bit layout: bit 0
///   pure Swift deallocation, 1 to 31 the unowned count, 32 deinitialising, 33 to 62 the strong count less one, 63 that
///   the counts are not here: with bit 62 they are in a side table, without it nobody counts references to the object.
package struct ReferenceCountWord: Sendable, Hashable {
    private let bits: UInt64

    package init(_ bits: UInt64) { self.bits = bits }

    /// The address of the side table that has the counts.
    package var sideTable: UInt64? { bits >> 62 == 3 ? (bits & (1 << 62 - 1)) << 3 : nil }

    private var hasCounts: Bool { bits >> 63 == 0 }

    /// Nil where the counts are not here.
    package var strong: Int? { hasCounts ? Int(bits >> 33) + 1 : nil }

    /// One more than there are references while the object lives; nil where the counts are not here.
    package var unowned: Int? { hasCounts ? Int(bits >> 1 & (1 << 31 - 1)) : nil }

    /// The object is being deinitialised or is dead, and unowned references keep its memory; nil where the counts are
    /// not here.
    package var isDead: Bool? { hasCounts ? bits >> 32 & 1 != 0 : nil }

    /// What an unowned reference has to be taken for.
    ///
    /// A side table hides whether its object is dead; to take it for alive would report memory that an unowned
    /// reference keeps as lost.
    package var mayBeDead: Bool { isDead ?? true }

    /// Whether this can be the word of a live object: counts, which have their lowest bit set (deallocated by Swift
    /// alone) and an unowned count of at least one; a side table; or the mark of an immortal object.
    var isValid: Bool {
        if let sideTable { return HeapMetadata.canBePointer(sideTable) }
        if let unowned { return bits & 1 != 0 && unowned != 0 }
        return bits & 0xFFFF_FFFF == 0xFFFF_FFFF
    }
}
