/// The columns that a list can be sorted by; raw values are those of `sort`.
package protocol ListColumn: RawRepresentable<String>, CaseIterable, Sendable, Hashable {
    /// The order of a list for which none is asked.
    static var defaultOrder: ListOrder<Self> { get }
}

/// Which column a list is sorted by, and in which direction.
package struct ListOrder<Column: ListColumn>: Sendable, Hashable {
    package var column: Column
    package var isDescending: Bool

    package init(_ column: Column, isDescending: Bool) {
        self.column = column
        self.isDescending = isDescending
    }

    /// Reads `bytes` or `-bytes`; nil when there is no such column.
    package init?(_ text: String) {
        let isDescending = text.hasPrefix("-")
        guard let column = Column(rawValue: isDescending ? String(text.dropFirst()) : text) else { return nil }
        self.init(column, isDescending: isDescending)
    }

    /// The value of `sort` that this order was read from.
    package var text: String { (isDescending ? "-" : "") + column.rawValue }
}
