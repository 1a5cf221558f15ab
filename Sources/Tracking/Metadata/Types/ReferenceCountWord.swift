/// The second word of a Swift object: its reference counts, or the address of its side table.
///
/// - SeeAlso: `RefCountBitOffsets` in Swift's stdlib/public/SwiftShims/swift/shims/RefCount.h. 64-bit layout: bit 0 is
///   pure Swift deallocation, 1 to 31 the unowned count, 32 deinitialising, 33 to 62 the strong count less one, 63 that
///   the counts are not here: with bit 62 they are in a side table, without it the object's references are not counted.
package struct ReferenceCountWord: Sendable, Hashable {
    private let bits: UInt64

    package init(_ bits: UInt64) { self.bits = bits }

    /// The address of the side table that holds the counts; nil when there is none.
    package var sideTable: UInt64? { bits >> 62 == 3 ? (bits & (1 << 62 - 1)) << 3 : nil }

    private var hasCounts: Bool { bits >> 63 == 0 }

    /// The strong count; nil when the counts are not in this word.
    package var strong: Int? { hasCounts ? Int(bits >> 33) + 1 : nil }

    /// The unowned count, one more than the number of references while the object lives; nil when the counts are not
    /// here.
    package var unowned: Int? { hasCounts ? Int(bits >> 1 & (1 << 31 - 1)) : nil }

    /// Whether the object is being deinitialised, or is dead and kept in memory by unowned references; nil when the
    /// counts are not in this word.
    package var isDead: Bool? { hasCounts ? bits >> 32 & 1 != 0 : nil }

    /// Whether an unowned reference must treat the object as dead.
    ///
    /// A side table hides whether its object is dead. If it were treated as alive, memory that an unowned reference
    /// keeps would be reported as unreachable.
    package var mayBeDead: Bool { isDead ?? true }

    /// Whether this can be the word of a live object.
    ///
    /// It is then counts with the lowest bit set (deallocated by Swift alone) and an unowned count of at least one; or
    /// a side table; or the mark of an immortal object.
    var isValid: Bool {
        if let sideTable { return HeapMetadata.canBePointer(sideTable) }
        if let unowned { return bits & 1 != 0 && unowned != 0 }
        return bits & 0xFFFF_FFFF == 0xFFFF_FFFF
    }
}
