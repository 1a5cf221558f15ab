// Members of an object: a key with its value. Nil is written as null, never left out.
extension JSONWriter {
    package mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    package mutating func member<Number: BinaryInteger>(_ key: String, _ value: Number?) {
        self.key(key)
        if let value { integer(value) } else { null() }
    }

    package mutating func member(_ key: String, _ value: Double?) {
        self.key(key)
        if let value { double(value) } else { null() }
    }

    package mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    package mutating func member(_ key: String, hexadecimal value: UInt64) {
        self.key(key)
        hexadecimal(value)
    }

    /// An object as the value.
    package mutating func member(_ key: String, members: (inout JSONWriter) -> Void) {
        self.key(key)
        object(members)
    }

    package mutating func member<Elements: Sequence>(
        _ key: String,
        array elements: Elements,
        _ element: (inout JSONWriter, Elements.Element) -> Void
    ) {
        self.key(key)
        array(elements, element)
    }

    package mutating func member<Number: BinaryInteger>(_ key: String, array numbers: [Number]) {
        member(key, array: numbers) { $0.integer($1) }
    }

    package mutating func member(_ key: String, array strings: [String]) {
        member(key, array: strings) { $0.string($1) }
    }
}
