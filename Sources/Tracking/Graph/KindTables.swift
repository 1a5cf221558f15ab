/// The meaning of every word of every type, to be looked up without a search.
@safe final class KindTables {
    /// Words that repeat.
    struct Pattern {
        /// Beyond every block where nothing repeats.
        var start = UInt64.max
        var stride: UInt64 = 1
        /// In `kinds`, of its first word.
        var base = 0
    }

    /// One type's; trivial, so that a million of them are looked at without counting references.
    struct Table {
        var isConservative: Bool
        var base = 0
        /// Words before the first that repeats.
        var fixedCount: UInt64 = 0
        var body = Pattern()
        var tail = Pattern()
    }

    private let kinds: UnsafeMutableBufferPointer<EdgeKind>
    private let tables: UnsafeMutableBufferPointer<Table>

    /// Nil layouts: words are only known to be words.
    init(_ layouts: [BlockLayout?]) {
        var all: [EdgeKind] = []
        let list = layouts.map { Self.table($0, &all) }
        unsafe kinds = .allocate(capacity: all.count)
        _ = unsafe kinds.initialize(from: all)
        unsafe tables = .allocate(capacity: list.count)
        _ = unsafe tables.initialize(from: list)
    }

    deinit {
        unsafe kinds.deallocate()
        unsafe tables.deallocate()
    }

    subscript(type: UInt32) -> Table { unsafe tables[Int(type)] }

    /// The meaning of a word by its number in the block.
    @inline(__always) func kind(ofWord word: UInt64, in table: Table) -> EdgeKind {
        if word >= table.body.start || word >= table.tail.start {
            let pattern = word >= table.tail.start ? table.tail : table.body
            let distance = word - pattern.start
            let place = pattern.stride == 1 ? 0 : Int(distance % pattern.stride)
            return unsafe kinds[pattern.base + place]
        }
        return word < table.fixedCount ? unsafe kinds[table.base + Int(word)] : .ignored
    }

    private static func table(_ layout: BlockLayout?, _ kinds: inout [EdgeKind]) -> Table {
        guard let layout else { return Table(isConservative: true) }
        var table = Table(isConservative: false, base: kinds.count)
        table.fixedCount = (layout.fields.last?.offset).map { $0 / 8 + 1 } ?? 0
        kinds += words(layout.fields, count: Int(table.fixedCount))
        table.body = pattern(layout.body, &kinds)
        table.tail = pattern(layout.tail, &kinds)
        return table
    }

    private static func pattern(_ tail: BlockLayout.Tail?, _ kinds: inout [EdgeKind]) -> Pattern {
        guard let tail else { return Pattern() }
        let pattern = Pattern(start: tail.start / 8, stride: tail.stride / 8, base: kinds.count)
        kinds += words(tail.fields, count: Int(pattern.stride))
        return pattern
    }

    private static func words(_ fields: [BlockLayout.Field], count: Int) -> [EdgeKind] {
        var words = [EdgeKind](repeating: .ignored, count: count)
        for field in fields where field.offset / 8 < count { words[Int(field.offset / 8)] = field.kind }
        return words
    }
}

extension KindTables.Table {
    /// Which element a word belongs to; nil in the fixed part.
    func element(ofWord word: UInt64) -> UInt64? {
        if word >= tail.start { return (word - tail.start) / tail.stride }
        if word >= body.start { return (word - body.start) / body.stride }
        return nil
    }
}
