/// The meaning of every word of every type, found without a search.
@safe final class KindTables {
    /// The meaning of one word; `details` holds more about it.
    struct Meaning {
        static let noDetail = UInt32.max

        var kind: EdgeKind
        /// Index of the field that says what the word can refer to, or what its meaning depends on.
        var detail = noDetail
    }

    /// Words that repeat.
    struct Pattern {
        /// Where nothing repeats, a word number behind every block.
        var start = UInt64.max
        var stride: UInt64 = 1
        /// Index in `meanings` of the pattern's first word.
        var base = 0
    }

    /// The table of one type; a trivial value, so that a million look-ups need no reference counting.
    struct Table {
        var isConservative: Bool
        /// Words behind the size of the block hold no reference.
        var isExact = false
        var base = 0
        /// The number of words before the first word that repeats.
        var fixedCount: UInt64 = 0
        var body = Pattern()
        var tail = Pattern()
    }

    /// The fields that have more than a kind; offsets count from the block or from the element.
    private(set) var details: [BlockLayout.Field] = []
    private let meanings: UnsafeMutableBufferPointer<Meaning>
    private let tables: UnsafeMutableBufferPointer<Table>

    /// A nil layout: the meaning of the words is not known.
    init(_ layouts: [BlockLayout?]) {
        var writer = Writer()
        let list = layouts.map { writer.table($0) }
        unsafe meanings = .allocate(capacity: writer.meanings.count)
        _ = unsafe meanings.initialize(from: writer.meanings)
        unsafe tables = .allocate(capacity: list.count)
        _ = unsafe tables.initialize(from: list)
        details = writer.details
    }

    deinit {
        unsafe meanings.deallocate()
        unsafe tables.deallocate()
    }

    subscript(type: UInt32) -> Table { unsafe tables[Int(type)] }

    /// The meaning of a word, given by its number in the block.
    @inline(__always) func meaning(ofWord word: UInt64, in table: Table) -> Meaning {
        if word >= table.body.start || word >= table.tail.start {
            let pattern = word >= table.tail.start ? table.tail : table.body
            let distance = word - pattern.start
            let place = pattern.stride == 1 ? 0 : Int(distance % pattern.stride)
            return unsafe meanings[pattern.base + place]
        }
        return word < table.fixedCount ? unsafe meanings[table.base + Int(word)] : Meaning(kind: .ignored)
    }

    private struct Writer {
        var meanings: [Meaning] = []
        var details: [BlockLayout.Field] = []

        mutating func table(_ layout: BlockLayout?) -> Table {
            guard let layout else { return Table(isConservative: true) }
            var table = Table(isConservative: false, base: meanings.count)
            table.isExact = layout.isExact
            table.fixedCount = (layout.fields.last?.offset).map { $0 / 8 + 1 } ?? 0
            add(layout.fields, count: Int(table.fixedCount))
            table.body = pattern(layout.body)
            table.tail = pattern(layout.tail)
            return table
        }

        private mutating func pattern(_ tail: BlockLayout.Tail?) -> Pattern {
            guard let tail else { return Pattern() }
            let pattern = Pattern(start: tail.start / 8, stride: tail.stride / 8, base: meanings.count)
            add(tail.fields, count: Int(pattern.stride))
            return pattern
        }

        private mutating func add(_ fields: [BlockLayout.Field], count: Int) {
            let base = meanings.count
            meanings += [Meaning](repeating: Meaning(kind: .ignored), count: count)
            for field in fields where field.offset / 8 < count {
                var meaning = Meaning(kind: field.kind)
                if field.target != .anything || field.choice != nil {
                    meaning.detail = UInt32(details.count)
                    details.append(field)
                }
                meanings[base + Int(field.offset / 8)] = meaning
            }
        }
    }
}

extension KindTables.Table {
    /// The index of the element that a word belongs to; nil in the fixed part.
    func element(ofWord word: UInt64) -> UInt64? {
        if word >= tail.start { return (word - tail.start) / tail.stride }
        if word >= body.start { return (word - body.start) / body.stride }
        return nil
    }

    /// The first word of the element that a word belongs to; 0 in the fixed part, whose fields count from the block.
    func start(ofWord word: UInt64) -> UInt64 {
        if word >= tail.start { return word - (word - tail.start) % tail.stride }
        if word >= body.start { return word - (word - body.start) % body.stride }
        return 0
    }
}
