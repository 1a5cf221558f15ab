/// An error in a text that is not JSON, with its offset.
struct JSONError: Error {
    let offset: Int
    let expected: String
}

/// Reads one JSON value from bytes; an escape other than `\u` stands for the byte after the backslash.
struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw parser.error("the end") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        default: return try number()
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        var members: [String: JSON] = [:]
        offset += 1
        skipSpace()
        while peek != UInt8(ascii: "}") {
            if !members.isEmpty { try take(",") }
            skipSpace()
            let key = try string()
            skipSpace()
            try take(":")
            members[key] = try value()
            skipSpace()
        }
        offset += 1
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> JSON {
        var elements: [JSON] = []
        offset += 1
        skipSpace()
        while peek != UInt8(ascii: "]") {
            if !elements.isEmpty { try take(",") }
            elements.append(try value())
            skipSpace()
        }
        offset += 1
        return .array(elements)
    }

    private mutating func string() throws(JSONError) -> String {
        try take("\"")
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            offset += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = peek else { break }
            offset += 1
            if escaped == UInt8(ascii: "u") { text += try codePoint() } else { text.append(escaped) }
        }
        try take("\"")
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func codePoint() throws(JSONError) -> String.UTF8View {
        let digits = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self)
        guard digits.utf8.count == 4, let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
            throw error("four hexadecimal digits")
        }
        offset += 4
        return String(scalar).utf8
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { offset += 1 }
        guard let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw error("a value")
        }
        return .number(value)
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[offset...].starts(with: "\(word)".utf8) else { throw error("\(word)") }
        offset += word.utf8CodeUnitCount
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) throws(JSONError) {
        guard peek == UInt8(ascii: character) else { throw error("'\(character)'") }
        offset += 1
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (9...13).contains(byte) { offset += 1 }
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func error(_ expected: String) -> JSONError { JSONError(offset: offset, expected: expected) }
}
