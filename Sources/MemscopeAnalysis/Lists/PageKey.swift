/// The place of a row in a sorted list.
///
/// Keys of one list differ at least in `id`, so every order is total and a cursor stands for exactly one place.
struct PageKey: Sendable, Hashable {
    /// The figure to sort by; 0 when rows are sorted by name.
    var value: UInt64
    /// The name to sort by, or the first tie-breaker; its length is limited, see `init`.
    var label: String
    /// The last tie-breaker.
    var id: UInt64

    /// Labels are cut off, so that a cursor fits into a request line even if a generic type has a very long name.
    ///
    /// `id` decides between labels with the same beginning.
    init(value: UInt64, label: String = "", id: UInt64) {
        self.value = value
        self.label = Self.cut(label)
        self.id = id
    }

    private static func cut(_ label: String, toBytes limit: Int = 96) -> String {
        guard label.utf8.count > limit else { return label }
        var bytes = 0
        let kept = label.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= limit
        }
        return String(kept)
    }

    /// A descending order reverses the figures, or the names when rows are sorted by name; ties are always ascending.
    func precedes(_ other: PageKey, isDescending: Bool, byLabel: Bool) -> Bool {
        if value != other.value { return (value < other.value) != isDescending }
        if label != other.label { return (label < other.label) != (isDescending && byLabel) }
        return id < other.id
    }
}

/// The place after which the next page begins, as text that clients send back unchanged.
///
/// It contains the last row's key instead of a position: so rows that came, went or grew in the meantime do not shift
/// the other rows.
package struct PageCursor<Column: ListColumn>: Sendable, Hashable {
    let key: PageKey
    package let order: ListOrder<Column>

    init(after key: PageKey, order: ListOrder<Column>) {
        self.key = key
        self.order = order
    }

    /// A regular expression for the texts that ``init(_:)`` accepts.
    package static var pattern: String {
        let columns = Column.allCases.map(\.rawValue).joined(separator: "|")
        return "^-?(\(columns))\\.[0-9a-f]{1,16}\\.([0-9a-f]{2})*\\.[0-9a-f]{1,16}$"
    }

    /// Reads a cursor; nil when it is malformed.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, let order = ListOrder<Column>(String(parts[0])),
            let value = number(parts[1]), let label = String(hexadecimal: parts[2]), let id = number(parts[3])
        else { return nil }
        self.init(after: PageKey(value: value, label: label, id: id), order: order)
    }

    package var text: String {
        let digits = Array("0123456789abcdef")
        let label = key.label.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return [order.text, String(key.value, radix: 16), String(label), String(key.id, radix: 16)]
            .joined(separator: ".")
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

private func number(_ text: Substring) -> UInt64? {
    text.utf8.allSatisfy(isDigit) && text.utf8.count <= 16 ? UInt64(text, radix: 16) : nil
}

extension String {
    /// Bytes that are not UTF-8 are replaced: the result is still a valid place in the order.
    fileprivate init?(hexadecimal text: Substring) {
        guard text.utf8.allSatisfy(isDigit), text.utf8.count.isMultiple(of: 2) else { return nil }
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        self = String(decoding: bytes, as: UTF8.self)
    }
}

/// The 64-bit FNV-1a hash of a text that identifies a row; unlike `hashValue`, it is the same in every process.
///
/// - SeeAlso: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, *The FNV Non-Cryptographic Hash Algorithm*, IETF
///   draft-eastlake-fnv.
func fingerprint(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
