/// The meaning of every word of every type, to be looked up without a search.
@safe final class KindTables {
    /// What one word is; more of it is in `details`.
    struct Meaning {
        static let noDetail = UInt32.max

        var kind: EdgeKind
        /// Index of the field that says what the word can lead to, or on what it depends.
        var detail = noDetail
    }

    /// Words that repeat.
    struct Pattern {
        /// Beyond every block where nothing repeats.
        var start = UInt64.max
        var stride: UInt64 = 1
        /// In `meanings`, of its first word.
        var base = 0
    }

    /// One type's; trivial, so that a million of them are looked at without counting references.
    struct Table {
        var isConservative: Bool
        /// Words behind the block's size hold nothing.
        var isExact = false
        var base = 0
        /// Words before the first that repeats.
        var fixedCount: UInt64 = 0
        var body = Pattern()
        var tail = Pattern()
    }

    /// Fields with more than a kind; offsets are those of a block or of an element.
    private(set) var details: [BlockLayout.Field] = []
    private let meanings: UnsafeMutableBufferPointer<Meaning>
    private let tables: UnsafeMutableBufferPointer<Table>

    /// Nil layouts: words are only known to be words.
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

    /// The meaning of a word by its number in the block.
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
    /// Which element a word belongs to; nil in the fixed part.
    func element(ofWord word: UInt64) -> UInt64? {
        if word >= tail.start { return (word - tail.start) / tail.stride }
        if word >= body.start { return (word - body.start) / body.stride }
        return nil
    }

    /// The word with which the element of a word begins; 0 in the fixed part, whose fields count from the block.
    func start(ofWord word: UInt64) -> UInt64 {
        if word >= tail.start { return word - (word - tail.start) % tail.stride }
        if word >= body.start { return word - (word - body.start) % body.stride }
        return 0
    }
}
