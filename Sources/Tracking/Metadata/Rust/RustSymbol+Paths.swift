extension RustSymbol {
    // In the path of a value, "::" comes before generic arguments.
    mutating func path(isValue: Bool) throws(RustSymbolError) {
        try deeper { (self) throws(RustSymbolError) in
            switch try self.next() {
            case "C": try self.crate()
            case "M": try self.implementation(trait: false)
            case "X": try self.implementation(trait: true)
            case "Y": try self.qualified(trait: true)
            case "N": try self.nested(isValue: isValue)
            case "I": try self.generic(isValue: isValue, closing: ">")
            case "B":
                try self.backReference { (self) throws(RustSymbolError) in try self.path(isValue: isValue) }
            default: throw RustSymbolError()
            }
        }
    }

    private mutating func crate() throws(RustSymbolError) {
        // The number distinguishes two versions of one crate; it is not shown.
        _ = try optionalBase62("s")
        try write(identifier())
    }

    private mutating func implementation(trait: Bool) throws(RustSymbolError) {
        try silently { (self) throws(RustSymbolError) in
            _ = try self.optionalBase62("s")
            try self.path(isValue: false)
        }
        try qualified(trait: trait)
    }

    private mutating func qualified(trait: Bool) throws(RustSymbolError) {
        try write("<")
        try type()
        if trait {
            try write(" as ")
            try path(isValue: false)
        }
        try write(">")
    }

    private mutating func nested(isValue: Bool) throws(RustSymbolError) {
        let namespace = try next()
        guard namespace.isASCII, namespace.isLetter else { throw RustSymbolError() }
        try path(isValue: isValue)
        let number = try optionalBase62("s")
        let name = try identifier()
        if namespace.isLowercase { return try write(name.isEmpty ? "" : "::" + name) }
        let kind = namespace == "C" ? "closure" : namespace == "S" ? "shim" : String(namespace)
        try write("::{" + kind + (name.isEmpty ? "" : ":" + name) + "#\(number)}")
    }

    private mutating func generic(isValue: Bool, closing: String) throws(RustSymbolError) {
        try path(isValue: isValue)
        try write(isValue ? "::<" : "<")
        try list { (self) throws(RustSymbolError) in try self.genericArgument() }
        try write(closing)
    }

    private mutating func genericArgument() throws(RustSymbolError) {
        if skip("L") { return try lifetime(base62()) }
        if skip("K") { return try constant(isValue: false) }
        try type()
    }

    // MARK: Traits of an existential type

    mutating func dynamicTrait() throws(RustSymbolError) {
        var isOpen = try openPath()
        while skip("p") {
            try write(isOpen ? ", " : "<")
            isOpen = true
            try write(identifier() + " = ")
            try type()
        }
        if isOpen { try write(">") }
    }

    /// Reads a path and leaves its list of generic arguments open, because associated types may follow in it.
    private mutating func openPath() throws(RustSymbolError) -> Bool {
        var isOpen = false
        if skip("B") {
            try backReference { (self) throws(RustSymbolError) in isOpen = try self.openPath() }
        } else if skip("I") {
            try generic(isValue: false, closing: "")
            isOpen = true
        } else {
            try path(isValue: false)
        }
        return isOpen
    }

    // MARK: Lifetimes

    // The index is 0 for an erased lifetime; else it counts the binders outwards to the one that introduced the
    // lifetime.
    mutating func lifetime(_ index: UInt64) throws(RustSymbolError) {
        guard index > 0 else { return try write("'_") }
        guard index <= boundLifetimes else { throw RustSymbolError() }
        let number = boundLifetimes - index
        try write(number < 26 ? "'" + String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number))) : "'_\(number)")
    }

    /// Reads `body` inside of a binder, which introduces the lifetimes that come first.
    mutating func binder(_ body: (inout RustSymbol) throws(RustSymbolError) -> Void) throws(RustSymbolError) {
        let count = try optionalBase62("G")
        // Each lifetime is written out; a larger count can only come from a malformed name.
        guard count <= UInt64(bytes.count) else { throw RustSymbolError() }
        if count > 0 {
            try write("for<")
            for index in 0..<count {
                boundLifetimes += 1
                if index > 0 { try write(", ") }
                try lifetime(1)
            }
            try write("> ")
        }
        try body(&self)
        boundLifetimes -= count
    }
}
