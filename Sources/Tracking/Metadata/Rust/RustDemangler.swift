/// Turns the symbol names of the Rust compiler into readable names.
///
/// - SeeAlso: RFC 2603, "Rust symbol name mangling (v0)"; the older form is a C++ name whose last part is a hash.
enum RustDemangler {
    /// "app::load" for "_RNvCs1234_3app4load" and for "_ZN3app4load17h0123456789abcdefE".
    ///
    /// - Returns: Nil for a name that is not from Rust, is malformed, or is nested too deeply.
    static func name(_ mangled: String) -> String? {
        if mangled.hasPrefix("_R") { return v0(Array(mangled.utf8.dropFirst(2))) }
        if mangled.hasPrefix("_ZN") { return legacy(Array(mangled.utf8.dropFirst(3))) }
        return nil
    }

    private static func v0(_ bytes: [UInt8]) -> String? {
        // Names are ASCII, except for a suffix that a tool may have appended.
        let end = bytes.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") } ?? bytes.count
        var parser = RustSymbol(Array(bytes[..<end]))
        guard (try? parser.symbol()) != nil else { return nil }
        return parser.text + suffix(bytes[end...])
    }

    // MARK: The form before v0

    private static func legacy(_ bytes: [UInt8]) -> String? {
        var position = 0
        var parts: [ArraySlice<UInt8>] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "E") {
            var length = 0
            while position < bytes.count, let digit = decimal(bytes[position]), length <= bytes.count {
                length = 10 * length + digit
                position += 1
            }
            guard length > 0, length <= bytes.count - position else { return nil }
            parts.append(bytes[position..<position + length])
            position += length
        }
        guard position < bytes.count, parts.count > 1, let last = parts.popLast(), isHash(last) else { return nil }
        let rest = bytes[(position + 1)...]
        guard rest.isEmpty || rest.first == UInt8(ascii: ".") else { return nil }
        return parts.map(unescaped).joined(separator: "::") + suffix(rest)
    }

    private static func isHash(_ part: ArraySlice<UInt8>) -> Bool {
        part.count == 17 && part.first == UInt8(ascii: "h") && part.dropFirst().allSatisfy { nibble($0) != nil }
    }

    private static let escapes: [String: String] = [
        "SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ",",
    ]

    /// "<T as U>::f" for "_$LT$T$u20$as$u20$U$GT$..f".
    private static func unescaped(_ part: ArraySlice<UInt8>) -> String {
        let dollar = UInt8(ascii: "$")
        let dot = UInt8(ascii: ".")
        var rest = part.starts(with: [UInt8(ascii: "_"), dollar]) ? part.dropFirst() : part
        var result = ""
        while let first = rest.first {
            let next = rest.dropFirst()
            if first == dot, next.first == dot {
                result += "::"
                rest = next.dropFirst()
            } else if first == dollar, let end = next.firstIndex(of: dollar), let character = escaped(next[..<end]) {
                result += character
                rest = next[(end + 1)...]
            } else {
                let end = next.firstIndex { $0 == dollar || $0 == dot } ?? rest.endIndex
                result += String(decoding: rest[..<end], as: UTF8.self)
                rest = rest[end...]
            }
        }
        return result
    }

    private static func escaped(_ name: ArraySlice<UInt8>) -> String? {
        let name = String(decoding: name, as: UTF8.self)
        if let known = escapes[name] { return known }
        guard name.hasPrefix("u"), name.utf8.count < 8, let code = UInt32(name.dropFirst(), radix: 16), code >= 32,
            code != 127, let scalar = Unicode.Scalar(code)
        else { return nil }
        return String(Character(scalar))
    }

    // MARK: Both

    /// The suffix to show: the compiler's mark for a part of a function (".cold") stays, the hash from link-time
    /// optimization (".llvm.123") is dropped.
    private static func suffix(_ bytes: ArraySlice<UInt8>) -> String {
        var parts = String(decoding: bytes, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false)
        if let mark = parts.firstIndex(of: "llvm") { parts.removeSubrange(mark..<min(mark + 2, parts.count)) }
        return parts.joined(separator: ".")
    }

    static func decimal(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }

    /// The value of a lower-case hexadecimal digit.
    static func nibble(_ byte: UInt8) -> UInt64? {
        if let digit = decimal(byte) { return UInt64(digit) }
        return (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) ? UInt64(byte - UInt8(ascii: "a")) + 10 : nil
    }
}
