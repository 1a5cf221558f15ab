/// The meaning of every word of a type, to be looked up without a search.
struct KindTable {
    /// Words that repeat.
    private struct Pattern {
        var start: UInt64
        var stride: UInt64
        /// In `kinds`, of its first word.
        var base: Int
    }

    let isConservative: Bool
    private var kinds: [EdgeKind] = []
    /// Words before the first that repeats.
    private var fixedCount: UInt64 = 0
    private var body: Pattern?
    private var tail: Pattern?

    /// - Parameter layout: Nil where words are only known to be words.
    init(_ layout: BlockLayout?) {
        isConservative = layout == nil
        guard let layout else { return }
        kinds = Self.words(layout.fields, count: (layout.fields.last?.offset).map { Int($0 / 8) + 1 } ?? 0)
        fixedCount = UInt64(kinds.count)
        body = add(layout.body)
        tail = add(layout.tail)
    }

    /// The meaning of a word by its number in the block.
    @inline(__always) func kind(ofWord word: UInt64) -> EdgeKind {
        guard let pattern = pattern(ofWord: word) else {
            return word < fixedCount ? kinds[Int(word)] : .ignored
        }
        return kinds[pattern.base + Int((word - pattern.start) % pattern.stride)]
    }

    /// Which element a word belongs to; nil in the fixed part.
    func element(ofWord word: UInt64) -> UInt64? {
        pattern(ofWord: word).map { (word - $0.start) / $0.stride }
    }

    @inline(__always) private func pattern(ofWord word: UInt64) -> Pattern? {
        if let tail, word >= tail.start { return tail }
        if let body, word >= body.start { return body }
        return nil
    }

    private mutating func add(_ tail: BlockLayout.Tail?) -> Pattern? {
        guard let tail else { return nil }
        let pattern = Pattern(start: tail.start / 8, stride: tail.stride / 8, base: kinds.count)
        kinds += Self.words(tail.fields, count: Int(pattern.stride))
        return pattern
    }

    private static func words(_ fields: [BlockLayout.Field], count: Int) -> [EdgeKind] {
        var words = [EdgeKind](repeating: .ignored, count: count)
        for field in fields where field.offset / 8 < count { words[Int(field.offset / 8)] = field.kind }
        return words
    }
}
