/// Reads a Rust symbol of the v0 form and writes what it says.
///
/// Total: any bytes give a text or ``RustSymbolError``. A name may refer back to parts of itself, so a short one can
/// stand for a long text; depth and length are bounded.
struct RustSymbol {
    private static let depthLimit = 128
    private static let textLimit = 1 << 14

    let bytes: [UInt8]
    var position = 0
    private(set) var text = ""
    /// Parts that are read over: an impl's own path, the crate that asked for an instance.
    private var isSilent = false
    private var depth = 0
    /// Lifetimes that `for<…>` around the current place introduces.
    var boundLifetimes: UInt64 = 0

    /// - Parameter bytes: What stands behind "_R", without a tool's suffix.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func symbol() throws(RustSymbolError) {
        // A number here would say that a later form of mangling was used.
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

    /// Reads what `body` reads until an "E", and writes `separator` between.
    ///
    /// - Returns: How many there were.
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

    // "_" is 0, "0_" 1, "Z_" 62. Crates have a hash of 64 bits here.
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

    /// A number that may be absent, behind its letter: 0 without, else one more than it says.
    mutating func optionalBase62(_ letter: Character) throws(RustSymbolError) -> UInt64 {
        try skip(letter) ? successor(base62()) : 0
    }

    mutating func identifier() throws(RustSymbolError) -> String {
        let isPunycode = skip("u")
        guard position < bytes.count, var length = RustDemangler.decimal(bytes[position]) else {
            throw RustSymbolError()
        }
        position += 1
        // A zero stands alone: the digits behind it begin the name.
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

    /// Reads what stands at an earlier place once more.
    ///
    /// What is read over does not follow: that could take for ever.
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

/// A name is no Rust symbol, or one too deep or too long.
struct RustSymbolError: Error {}
