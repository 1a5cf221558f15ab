/// The columns by which a list can be sorted; raw values are those of the parameter `sort`.
package protocol ListColumn: RawRepresentable<String>, CaseIterable, Sendable, Hashable {
    /// The order of a list when the request names none.
    static var defaultOrder: ListOrder<Self> { get }
}

/// The column by which a list is sorted, and the direction.
package struct ListOrder<Column: ListColumn>: Sendable, Hashable {
    package var column: Column
    package var isDescending: Bool

    package init(_ column: Column, isDescending: Bool) {
        self.column = column
        self.isDescending = isDescending
    }

    /// Reads an order such as `bytes` or `-bytes`; nil when there is no such column.
    package init?(_ text: String) {
        let isDescending = text.hasPrefix("-")
        guard let column = Column(rawValue: isDescending ? String(text.dropFirst()) : text) else { return nil }
        self.init(column, isDescending: isDescending)
    }

    /// The value of the parameter `sort` for this order.
    package var text: String { (isDescending ? "-" : "") + column.rawValue }
}
