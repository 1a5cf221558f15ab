extension RustSymbol {
    // A compound constant is put in braces, except inside of another value.
    mutating func constant(isValue: Bool) throws(RustSymbolError) {
        try deeper { (self) throws(RustSymbolError) in
            let tag = try self.next()
            switch tag {
            case "p": try self.write("_")
            case "a", "s", "l", "x", "n", "i", "h", "t", "m", "y", "o", "j": try self.integer(tag)
            case "b": try self.boolean()
            case "c": try self.character()
            case "B":
                try self.backReference { (self) throws(RustSymbolError) in try self.constant(isValue: isValue) }
            case "R" where self.skip("e"): try self.string()
            default:
                if !isValue { try self.write("{") }
                try self.compoundConstant(tag)
                if !isValue { try self.write("}") }
            }
        }
    }

    private mutating func compoundConstant(_ tag: Character) throws(RustSymbolError) {
        switch tag {
        case "e":
            try write("*")  // the literal is a reference to the string
            try string()
        case "R", "Q":
            try write(tag == "R" ? "&" : "&mut ")
            try constant(isValue: true)
        case "A":
            try write("[")
            try list { (self) throws(RustSymbolError) in try self.constant(isValue: true) }
            try write("]")
        case "T": try tuple { (self) throws(RustSymbolError) in try self.constant(isValue: true) }
        case "V": try structure()
        default: throw RustSymbolError()
        }
    }

    private mutating func structure() throws(RustSymbolError) {
        try path(isValue: true)
        switch try next() {
        case "U": break
        case "T":
            try write("(")
            try list { (self) throws(RustSymbolError) in try self.constant(isValue: true) }
            try write(")")
        case "S":
            try write(" { ")
            try list { (self) throws(RustSymbolError) in
                _ = try self.optionalBase62("s")
                try self.write(self.identifier() + ": ")
                try self.constant(isValue: true)
            }
            try write(" }")
        default: throw RustSymbolError()
        }
    }

    // MARK: Literals

    private mutating func digits() throws(RustSymbolError) -> ArraySlice<UInt8> {
        let start = position
        while !skip("_") {
            guard position < bytes.count, RustDemangler.nibble(bytes[position]) != nil else { throw RustSymbolError() }
            position += 1
        }
        return bytes[start..<position - 1]
    }

    private static func value(_ digits: ArraySlice<UInt8>) -> UInt64? {
        let digits = digits.drop { $0 == UInt8(ascii: "0") }
        return digits.count > 16 ? nil : digits.reduce(0) { $0 << 4 | (RustDemangler.nibble($1) ?? 0) }
    }

    private mutating func integer(_ type: Character) throws(RustSymbolError) {
        if "aslxni".contains(type), skip("n") { try write("-") }
        let digits = try digits()
        try write(Self.value(digits).map(String.init) ?? "0x" + String(decoding: digits, as: UTF8.self))
    }

    private mutating func boolean() throws(RustSymbolError) {
        switch try Self.value(digits()) {
        case 0: try write("false")
        case 1: try write("true")
        default: throw RustSymbolError()
        }
    }

    private mutating func character() throws(RustSymbolError) {
        let code = try Self.value(digits()).flatMap(UInt32.init(exactly:))
        guard let scalar = code.flatMap(Unicode.Scalar.init) else { throw RustSymbolError() }
        try write("'" + Self.escaped(scalar, quote: "'") + "'")
    }

    private mutating func string() throws(RustSymbolError) {
        let digits = Array(try digits())
        guard digits.count % 2 == 0 else { throw RustSymbolError() }
        let values = digits.map { UInt8(RustDemangler.nibble($0) ?? 0) }
        let bytes = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw RustSymbolError() }
        try write("\"" + text.unicodeScalars.map { Self.escaped($0, quote: "\"") }.joined() + "\"")
    }

    private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\\", quote: "\\" + String(scalar)
        case _ where scalar.value < 32 || scalar.value == 127: "\\u{" + String(scalar.value, radix: 16) + "}"
        default: String(scalar)
        }
    }
}
