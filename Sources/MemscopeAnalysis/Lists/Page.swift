/// A part of a sorted list.
package struct Page<Row: Sendable>: Sendable {
    package var rows: [Row]
    /// The number of rows in the whole list.
    package var total: Int
    /// The cursor of the next page; nil on the last page.
    package var next: String?

    /// Picks the first `limit` rows after a cursor, without sorting the other rows.
    ///
    /// - Parameters:
    ///   - list: All rows, in any order.
    ///   - order: Column and direction.
    ///   - cursor: The `next` of the previous page; nil for the first page.
    ///   - limit: The largest number of rows.
    ///   - byLabel: Whether the column is a name.
    ///   - key: The sort key of a row; the keys of two rows must differ.
    /// - Precondition: `limit > 0`.
    /// - Complexity: O(*n* log *limit*) for *n* rows.
    init<Column>(
        of list: [Row],
        order: ListOrder<Column>,
        after cursor: PageCursor<Column>?,
        limit: Int,
        byLabel: Bool = false,
        key: (Row) -> PageKey
    ) {
        precondition(limit > 0, "a page of \(limit) rows")
        let limit = min(limit, max(list.count, 1))
        typealias Entry = (key: PageKey, index: Int)
        func precedes(_ left: PageKey, _ right: PageKey) -> Bool {
            left.precedes(right, isDescending: order.isDescending, byLabel: byLabel)
        }
        var candidates: [Entry] = []
        var bound: PageKey?
        // One row more than `limit` is kept, to know whether there is a next page.
        func shrink() {
            candidates.sort { precedes($0.key, $1.key) }
            guard candidates.count > limit else { return }
            candidates.removeLast(candidates.count - limit - 1)
            bound = candidates[limit].key
        }
        for (index, row) in list.enumerated() {
            let key = key(row)
            if let cursor, !precedes(cursor.key, key) { continue }
            if let bound, !precedes(key, bound) { continue }
            candidates.append((key, index))
            if candidates.count > 4 * limit { shrink() }
        }
        shrink()
        rows = candidates.prefix(limit).map { list[$0.index] }
        total = list.count
        next = candidates.count > limit ? PageCursor(after: candidates[limit - 1].key, order: order).text : nil
    }

    /// The same page with each row converted.
    package func map<Other: Sendable>(_ body: (Row) -> Other) -> Page<Other> {
        Page<Other>(rows.map(body), total: total, next: next)
    }

    private init(_ rows: [Row], total: Int, next: String?) {
        (self.rows, self.total, self.next) = (rows, total, next)
    }

    /// The same page with each row changed; for work that only the rows of the page need, such as naming.
    package mutating func update(_ body: (inout Row) -> Void) {
        for index in rows.indices { body(&rows[index]) }
    }
}
