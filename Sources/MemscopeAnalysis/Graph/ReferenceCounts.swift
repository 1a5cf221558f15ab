/// The second word of a Swift object.
///
/// - SeeAlso: `RefCountBitOffsets` in the Swift runtime's `RefCount.h`, 64-bit layout: bit 0 pure Swift deallocation,
///   1 to 31 the unowned count, 32 deinitialising, 33 to 62 the strong count less one, 63 a side table.
package struct ReferenceCounts: Sendable, Hashable {
    private let word: UInt64

    package init(word: UInt64) { self.word = word }

    /// The counts are in the object's side table: bits 62 and 63 mark its address.
    package var isInSideTable: Bool { word >> 62 != 0 }

    /// Nil where the counts are in the side table.
    package var strong: Int? { isInSideTable ? nil : Int(word >> 33 & (1 << 30 - 1)) + 1 }

    /// One more than there are references while the object lives; nil where the counts are in the side table.
    package var unowned: Int? { isInSideTable ? nil : Int(word >> 1 & (1 << 31 - 1)) }

    /// The object is being deinitialised or is dead, and unowned references keep its memory; nil where the counts are
    /// in the side table.
    package var isDead: Bool? { isInSideTable ? nil : word >> 32 & 1 != 0 }

    /// What an unowned reference has to be taken for.
    ///
    /// A side table hides whether its object is dead; to take it for alive would report memory that an unowned
    /// reference keeps as lost.
    var mayBeDead: Bool { isDead ?? true }
}
