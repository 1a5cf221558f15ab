/// How many references an object knows of.
package struct ReferenceCounts: Sendable, Hashable {
    /// Strong references; 0 once the object is deinitialising.
    package var strong: UInt64
    /// Unowned references, without the one that all strong ones share.
    package var unowned: UInt64
    /// Weak references; 0 without a side table.
    package var weak: UInt64
    package var isDeiniting: Bool
    package var hasSideTable: Bool
    /// Objects of static data, which are never freed: nothing counts their references.
    package var isImmortal: Bool

    /// Decodes the second word of an object (swift: stdlib/public/SwiftShims/swift/shims/RefCount.h).
    ///
    /// A side table's counts are read where they are now. Nil for a word that cannot be reference counts, or a side
    /// table that is gone.
    package init?(_ word: UInt64) {
        guard HeapMetadata.canBeReferenceCounts(word) else { return nil }
        guard word >> 62 == 3 else {
            self.init(bits: word, weak: 0, hasSideTable: false)
            return
        }
        let table = (word & (1 << 62 - 1)) << 3
        guard let words = SafeMemory.words(from: table + Self.inSideTable, count: 2) else { return nil }
        self.init(word: words[0], weakWord: words[1])
    }

    // A side table has its object, alignment, counts, weak references.
    static let inSideTable: UInt64 = 16
    static let weakInSideTable: UInt64 = 24

    /// From the words of a side table.
    package init(word: UInt64, weakWord: UInt64) {
        // One weak reference stands for the object itself.
        let weak = weakWord & 0xFFFF_FFFF
        self.init(bits: word, weak: weak > 0 ? weak - 1 : 0, hasSideTable: true)
    }

    /// Bit 0 pure Swift deallocation, 1 to 31 unowned, 32 deinitialising, 33 to 62 strong beyond the first.
    private init(bits: UInt64, weak: UInt64, hasSideTable: Bool) {
        isImmortal = bits & 0xFFFF_FFFF == 0xFFFF_FFFF
        isDeiniting = bits >> 32 & 1 != 0
        strong = isDeiniting ? 0 : (bits >> 33 & 0x3FFF_FFFF) + 1
        let unowned = bits >> 1 & 0x7FFF_FFFF
        self.unowned = unowned > 0 ? unowned - 1 : 0
        self.weak = weak
        self.hasSideTable = hasSideTable
    }
}
