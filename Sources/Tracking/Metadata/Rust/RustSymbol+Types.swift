extension RustSymbol {
    static let basicTypes: [Character: String] = [
        "a": "i8", "b": "bool", "c": "char", "d": "f64", "e": "str", "f": "f32", "h": "u8", "i": "isize",
        "j": "usize", "l": "i32", "m": "u32", "n": "i128", "o": "u128", "p": "_", "s": "i16", "t": "u16", "u": "()",
        "v": "...", "x": "i64", "y": "u64", "z": "!",
    ]

    mutating func type() throws(RustSymbolError) {
        try deeper { (self) throws(RustSymbolError) in
            let tag = try self.next()
            if let basic = Self.basicTypes[tag] { return try self.write(basic) }
            try self.compoundType(tag)
        }
    }

    private mutating func compoundType(_ tag: Character) throws(RustSymbolError) {
        switch tag {
        case "R", "Q": try reference(isMutable: tag == "Q")
        case "P", "O":
            try write(tag == "P" ? "*const " : "*mut ")
            try type()
        case "A", "S": try sequence(isArray: tag == "A")
        case "T": try tuple { (self) throws(RustSymbolError) in try self.type() }
        case "F": try binder { (self) throws(RustSymbolError) in try self.function() }
        case "D": try existential()
        case "B": try backReference { (self) throws(RustSymbolError) in try self.type() }
        default:
            position -= 1  // the letter is the first one of a path
            try path(isValue: false)
        }
    }

    private mutating func reference(isMutable: Bool) throws(RustSymbolError) {
        try write("&")
        if skip("L") {
            let index = try base62()
            if index > 0 {
                try lifetime(index)
                try write(" ")
            }
        }
        if isMutable { try write("mut ") }
        try type()
    }

    private mutating func sequence(isArray: Bool) throws(RustSymbolError) {
        try write("[")
        try type()
        if isArray {
            try write("; ")
            try constant(isValue: true)
        }
        try write("]")
    }

    mutating func tuple(
        _ element: (inout RustSymbol) throws(RustSymbolError) -> Void
    ) throws(RustSymbolError) {
        try write("(")
        let count = try list(element)
        try write(count == 1 ? ",)" : ")")
    }

    private mutating func function() throws(RustSymbolError) {
        if skip("U") { try write("unsafe ") }
        if skip("K") {
            // "-" is not allowed in a symbol.
            let name = try skip("C") ? "C" : String(identifier().map { $0 == "_" ? "-" : $0 })
            try write("extern \"" + name + "\" ")
        }
        try write("fn(")
        try list { (self) throws(RustSymbolError) in try self.type() }
        try write(")")
        if skip("u") { return }
        try write(" -> ")
        try type()
    }

    private mutating func existential() throws(RustSymbolError) {
        try write("dyn ")
        try binder { (self) throws(RustSymbolError) in
            try self.list(separator: " + ") { (self) throws(RustSymbolError) in try self.dynamicTrait() }
        }
        guard skip("L") else { throw RustSymbolError() }
        let index = try base62()
        if index > 0 {
            try write(" + ")
            try lifetime(index)
        }
    }
}
