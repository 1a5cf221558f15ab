/// The body of a POST request: a flat JSON object of strings, which is all that the routes accept.
///
/// - SeeAlso: RFC 8259.
struct JSONBody {
    private(set) var members: [String: String] = [:]
    private var rest: ArraySlice<UInt8>

    /// Reads the body of a request; an empty body is an object without members.
    ///
    /// - Parameters:
    ///   - request: A POST request.
    ///   - known: The names of the accepted members.
    /// - Throws: `badBody`, with what was wrong and what is accepted.
    init(_ request: HTTPRequest, known: [String]) throws(HTTPError) {
        rest = request.body[...]
        let example = "{\(known.map { "\"\($0)\":\"…\"" }.joined(separator: ","))}"
        guard skipSpace() != nil else { return }
        guard readObject(), skipSpace() == nil else {
            throw .badBody("the body is not a JSON object of strings", hint: "send \(example)")
        }
        for name in members.keys.sorted() where !known.contains(name) {
            throw .badBody("unknown member \"\(name)\"", hint: "accepted: \(example)")
        }
    }

    /// Skips white space and returns the byte after it; nil at the end.
    private mutating func skipSpace() -> UInt8? {
        while let byte = rest.first, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { rest.removeFirst() }
        return rest.first
    }

    private mutating func take(_ expected: Unicode.Scalar) -> Bool {
        guard skipSpace() == UInt8(ascii: expected) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func readObject() -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let name = readString(), take(":"), let value = readString() else { return false }
            guard members.updateValue(value, forKey: name) == nil else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func readString() -> String? {
        guard take("\"") else { return nil }
        var units: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: units, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = readEscape() else { return nil }
                units += Array(String(scalar).utf8)
            case 0..<0x20: return nil
            default: units.append(byte)
            }
        }
        return nil
    }

    private mutating func readEscape() -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "u"): return readUnicodeEscape()
        case .some(let byte) where [0x22, 0x2F, 0x5C].contains(byte): return Unicode.Scalar(byte)
        default: return nil
        }
    }

    private mutating func readUnicodeEscape() -> Unicode.Scalar? {
        guard let first = readUnit() else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        // A character beyond the basic plane is written as a pair of surrogates.
        guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"), let second = readUnit(),
            (0xDC00..<0xE000).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func readUnit() -> UInt32? {
        guard rest.count >= 4, let text = String(validating: rest.prefix(4), as: UTF8.self),
            text.allSatisfy(\.isHexDigit)
        else { return nil }
        rest.removeFirst(4)
        return UInt32(text, radix: 16)
    }
}
