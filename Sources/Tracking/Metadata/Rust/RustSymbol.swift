/// Parses a Rust symbol of the v0 form and writes it as readable text.
///
/// Any bytes give a text or ``RustSymbolError``. A name may refer back to parts of itself, so a short name can stand
/// for a long text; therefore depth and length are limited.
struct RustSymbol {
    private static let depthLimit = 128
    private static let textLimit = 1 << 14

    let bytes: [UInt8]
    var position = 0
    private(set) var text = ""
    /// True in parts that are parsed but not written: the path of an impl, the crate that requested an instance.
    private var isSilent = false
    private var depth = 0
    /// The number of lifetimes that each `for<…>` around the current place introduces, in total.
    var boundLifetimes: UInt64 = 0

    /// - Parameter bytes: The text behind "_R", without a tool's suffix.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func symbol() throws(RustSymbolError) {
        // A number here would be the version of a later form of mangling.
        guard let first = bytes.first, RustDemangler.decimal(first) == nil else { throw RustSymbolError() }
        try path(isValue: true)
        if position < bytes.count { try silently { (self) throws(RustSymbolError) in try self.path(isValue: false) } }
        guard position == bytes.count else { throw RustSymbolError() }
    }

    // MARK: Writing

    mutating func write(_ more: String) throws(RustSymbolError) {
        guard !isSilent else { return }
        guard text.utf8.count + more.utf8.count <= Self.textLimit else { throw RustSymbolError() }
        text += more
    }

    mutating func silently(_ body: (inout RustSymbol) throws(RustSymbolError) -> Void) throws(RustSymbolError) {
        let before = isSilent
        isSilent = true
        try body(&self)
        isSilent = before
    }

    // MARK: Reading

    mutating func next() throws(RustSymbolError) -> Character {
        guard position < bytes.count else { throw RustSymbolError() }
        position += 1
        return Character(Unicode.Scalar(bytes[position - 1]))
    }

    mutating func skip(_ character: Character) -> Bool {
        guard position < bytes.count, Character(Unicode.Scalar(bytes[position])) == character else { return false }
        position += 1
        return true
    }

    /// Lets `body` read elements up to an "E", and writes `separator` between them.
    ///
    /// - Returns: The number of elements.
    @discardableResult
    mutating func list(
        separator: String = ", ",
        _ body: (inout RustSymbol) throws(RustSymbolError) -> Void
    ) throws(RustSymbolError) -> Int {
        var count = 0
        while !skip("E") {
            if count > 0 { try write(separator) }
            try body(&self)
            count += 1
        }
        return count
    }

    // "_" is 0, "0_" 1, "Z_" 62. Here, crates have a hash of 64 bits.
    mutating func base62() throws(RustSymbolError) -> UInt64 {
        if skip("_") { return 0 }
        var value: UInt64 = 0
        while !skip("_") {
            let (product, overflow) = value.multipliedReportingOverflow(by: 62)
            let (sum, beyond) = try product.addingReportingOverflow(base62Digit(next()))
            guard !overflow, !beyond else { throw RustSymbolError() }
            value = sum
        }
        return try successor(value)
    }

    private func successor(_ value: UInt64) throws(RustSymbolError) -> UInt64 {
        guard value < .max else { throw RustSymbolError() }
        return value + 1
    }

    private func base62Digit(_ character: Character) throws(RustSymbolError) -> UInt64 {
        guard let byte = character.asciiValue else { throw RustSymbolError() }
        switch character {
        case "0"..."9": return UInt64(byte - UInt8(ascii: "0"))
        case "a"..."z": return UInt64(byte - UInt8(ascii: "a")) + 10
        case "A"..."Z": return UInt64(byte - UInt8(ascii: "A")) + 36
        default: throw RustSymbolError()
        }
    }

    /// An optional number behind its letter: 0 when it is absent, else one more than the written number.
    mutating func optionalBase62(_ letter: Character) throws(RustSymbolError) -> UInt64 {
        try skip(letter) ? successor(base62()) : 0
    }

    mutating func identifier() throws(RustSymbolError) -> String {
        let isPunycode = skip("u")
        guard position < bytes.count, var length = RustDemangler.decimal(bytes[position]) else {
            throw RustSymbolError()
        }
        position += 1
        // A zero is a whole number: digits behind it belong to the name.
        while length > 0, position < bytes.count, let digit = RustDemangler.decimal(bytes[position]) {
            length = 10 * length + digit
            position += 1
            guard length <= bytes.count else { throw RustSymbolError() }
        }
        _ = skip("_")
        guard length <= bytes.count - position else { throw RustSymbolError() }
        let name = bytes[position..<position + length]
        position += length
        guard isPunycode else { return String(decoding: name, as: UTF8.self) }
        guard let decoded = Punycode.decode(name) else { throw RustSymbolError() }
        return decoded
    }

    /// Reads the text at an earlier position again.
    ///
    /// In parts that are not written, it skips the reference: following it could take exponential time.
    mutating func backReference(
        _ body: (inout RustSymbol) throws(RustSymbolError) -> Void
    ) throws(RustSymbolError) {
        let start = position - 1
        let target = try base62()
        guard target < UInt64(start) else { throw RustSymbolError() }
        if isSilent { return }
        let end = position
        position = Int(target)
        try deeper(body)
        position = end
    }

    mutating func deeper(_ body: (inout RustSymbol) throws(RustSymbolError) -> Void) throws(RustSymbolError) {
        guard depth < Self.depthLimit else { throw RustSymbolError() }
        depth += 1
        try body(&self)
        depth -= 1
    }
}

/// The name is no Rust symbol, or it is nested too deeply or too long.
struct RustSymbolError: Error {}
