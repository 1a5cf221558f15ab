/// Turns the runtime's names of types into the names that users know.
enum TypeNames {
    private static let storages: [(prefix: String, name: String, kind: TypeKind)] = [
        ("Swift._ContiguousArrayStorage<", "Array<", .array),
        ("Swift._DictionaryStorage<", "Dictionary<", .dictionary),
        ("Swift._SetStorage<", "Set<", .set),
    ]
    /// The storage that holds the characters behind its fields.
    static let string = "String"
    private static let strings: [String: String] = [
        "Swift.__StringStorage": string, "Swift.__SharedStringStorage": "String (shared)",
        "Swift._StringBreadcrumbs": "String (breadcrumbs)",
    ]

    /// The runtime's qualified name for the type with this metadata.
    ///
    /// - Precondition: `metadata` was validated by `HeapMetadata`.
    static func runtimeName(_ metadata: UInt64) -> String {
        unsafe _typeName(unsafeBitCast(UInt(metadata), to: Any.Type.self), qualified: true)
    }

    static func box(of name: String?) -> BlockType {
        BlockType(name: "box" + (name.map { " (" + $0 + ")" } ?? ""), kind: .box)
    }

    /// The type of an object, given the runtime's qualified name of its class.
    static func blockType(ofClass name: String) -> BlockType {
        if let string = strings[name] { return BlockType(name: string, kind: .string) }
        for storage in storages where name.hasPrefix(storage.prefix) {
            let arguments = readable(String(name.dropFirst(storage.prefix.count)))
            return BlockType(name: storage.name + arguments, kind: storage.kind)
        }
        return BlockType(name: readable(name), kind: .class)
    }

    /// The type of a closure context, or of a box made by the compiler.
    ///
    /// The two have the same form in memory, but not the same contents. The compiler needs no context to capture one
    /// object, so a block with one object alone is a box; and a box always holds one value.
    static func blockType(of captures: CaptureDescriptor?) -> BlockType {
        guard let captures, !captures.types.isEmpty else { return BlockType(name: "closure context", kind: .closure) }
        let types = captures.types.contains { $0 != nil } ? captures.types.map { $0 ?? "?" } : []
        let list = types.isEmpty ? "" : " (" + joined(types) + ")"
        if captures.types.count > 1 { return BlockType(name: "closure context" + list, kind: .closure) }
        return BlockType(name: (captures.holdsObject ? "box" : "box or closure context") + list, kind: .box)
    }

    /// The name without the module name `Swift`, and without the addresses that the runtime gives to private types:
    /// "Demo.(unknown context at $55d0).Cache" is "Demo.Cache".
    static func readable(_ name: String) -> String {
        let bytes = Array(name.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let rest = bytes[position...]
            let startsWord = result.last.map { !isWord($0) } ?? true
            if startsWord, rest.starts(with: "Swift.".utf8) {
                position += 6
            } else if rest.starts(with: "(unknown context at $".utf8), let end = rest.firstIndex(of: UInt8(ascii: ")"))
            {
                // The point behind it is dropped too.
                position = min(end + 2, bytes.count)
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...: true
        default: false
        }
    }

    private static func joined(_ names: [String]) -> String {
        names.dropFirst().reduce(names.first ?? "") { $0 + ", " + $1 }
    }
}
