/// The numbers of references to an object, as the object counts them.
package struct ReferenceCounts: Sendable, Hashable {
    /// Strong references; 0 once the object is deinitialising.
    package var strong: Int
    /// Unowned references, without the one that all strong references share.
    package var unowned: Int
    /// Weak references; 0 when the object has no side table.
    package var weak: Int
    package var isDeiniting: Bool
    package var hasSideTable: Bool

    /// Reads the counts of an object from its second word.
    ///
    /// The counts of a side table are read as they are now. Nil for a word that cannot be reference counts, for an
    /// immortal object, which has no counts, and for a side table that is gone.
    package init?(_ word: UInt64) {
        let counts = ReferenceCountWord(word)
        guard counts.isValid else { return nil }
        guard let table = counts.sideTable else {
            self.init(counts, weak: 0, hasSideTable: false)
            return
        }
        guard let words = SafeMemory.words(from: table + Self.inSideTable, count: 2) else { return nil }
        self.init(word: words[0], weakWord: words[1])
    }

    /// Reads the counts of the object at an address, as they are now; nil when there are none.
    package init?(of object: UInt64) {
        guard let word = SafeMemory.word(at: object + 8) else { return nil }
        self.init(word)
    }

    // A side table has the words object, alignment, counts, weak references.
    static let inSideTable: UInt64 = 16
    static let weakInSideTable: UInt64 = 24

    /// Reads the counts from the words of a side table.
    package init?(word: UInt64, weakWord: UInt64) {
        // One of the weak references stands for the object itself.
        self.init(ReferenceCountWord(word), weak: max(Int(weakWord & 0xFFFF_FFFF) - 1, 0), hasSideTable: true)
    }

    private init?(_ word: ReferenceCountWord, weak: Int, hasSideTable: Bool) {
        guard let strong = word.strong, let unowned = word.unowned, let isDead = word.isDead else { return nil }
        self.strong = isDead ? 0 : strong
        self.unowned = max(unowned - 1, 0)
        self.weak = weak
        isDeiniting = isDead
        self.hasSideTable = hasSideTable
    }
}
