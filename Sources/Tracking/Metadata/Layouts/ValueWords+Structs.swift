// Structs and tuples: one field after the other.
extension ValueWords {
    mutating func addStruct(_ type: UInt64, _ extent: Range<UInt64>, _ path: String, _ depth: Int) {
        let name = TypeNames.runtimeName(type)
        guard name != "Swift.ObjectIdentifier" else { return }
        // Programs use `UInt(bitPattern: pointer)` to keep an address as a number.
        guard name != "Swift.UInt" else { return addWord(extent.lowerBound, .unmanaged, path) }
        guard let nominal = NominalType(type), let records = nominal.records, records.count == nominal.offsets.count
        else { return addWords(extent, path) }
        if records.isEmpty { return addOpaque(nominal, name, extent, path, depth) }
        let first = fields.count
        defer { if let storage = ReferenceTarget(ofStandard: name) { aim(fieldsFrom: first, at: storage) } }
        // The fields inside of the standard library's types are not named: a dictionary is one word with the
        // dictionary's name.
        let isStandard = name.hasPrefix("Swift.")
        for (index, record) in records.enumerated() {
            guard let mangled = record.type else { continue }
            let start = extent.lowerBound + nominal.offsets[index]
            // A builtin integer outside of the standard library may store anything: swift-atomics keeps references in
            // it.
            let bare = isStandard ? 0 : Builtin.words(mangled: mangled.text)
            for word in 0..<bare { addWord(start + 8 * word, .unmanaged, Self.join(path, record.name)) }
            guard bare == 0 else { continue }
            let next = nominal.offsets.filter { $0 > nominal.offsets[index] }.min().map { extent.lowerBound + $0 }
            add(
                mangled,
                type: nominal.type(of: record) ?? 0,
                at: start,
                end: next ?? extent.upperBound,
                path: isStandard ? path : Self.join(path, record.name),
                depth: depth + 1
            )
            if mangled.isGenericArgument { fix(Self.join(path, record.name)) }
        }
        if isStandard { fix(path) }
    }

    /// Sets the target of a collection's references, which always refer to its storage.
    private mutating func aim(fieldsFrom first: Int, at target: ReferenceTarget) {
        for index in fields.indices.dropFirst(first) where fields[index].kind == .strong {
            fields[index].target = target
        }
    }

    /// Adds a struct without fields, which may have a size all the same.
    ///
    /// This is storage that the compiler lays out like another type, as in `Mutex` and `Atomic`.
    private mutating func addOpaque(
        _ nominal: NominalType,
        _ name: String,
        _ extent: Range<UInt64>,
        _ path: String,
        _ depth: Int
    ) {
        if name.hasPrefix("Synchronization._Cell<"), nominal.arguments != 0,
            let value = SafeMemory.word(at: nominal.arguments), ValueWitness(of: value) != nil
        {
            add(type: value, at: extent.lowerBound, path: path, depth: depth + 1)
            return fix(path)
        }
        addWords(extent, path)
    }

    mutating func addTuple(_ type: UInt64, _ offset: UInt64, _ path: String, _ depth: Int) {
        guard let header = SafeMemory.words(from: type, count: 3), header[1] <= 64,
            let elements = SafeMemory.words(from: type + 24, count: Int(header[1]) * 2)
        else {
            isComplete = false
            return
        }
        let text = header[2] == 0 ? [] : SafeMemory.bytes(from: header[2], upTo: 512).prefix { $0 != 0 }
        // Each label is followed by a space.
        let labels = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        for index in 0..<Int(header[1]) {
            let label = index < labels.count ? String(decoding: labels[index], as: UTF8.self) : ""
            let name = Self.join(path, label.isEmpty ? String(index) : label)
            add(
                type: elements[2 * index],
                at: offset + elements[2 * index + 1] & 0xFFFF_FFFF,
                path: name,
                depth: depth + 1
            )
            fix(name)
        }
    }
}

extension ReferenceTarget {
    private static let standard: [(prefix: String, target: ReferenceTarget)] = [
        ("Swift.Array<", .storage(.array)), ("Swift.ContiguousArray<", .storage(.array)),
        ("Swift.Dictionary<", .storage(.dictionary)), ("Swift.Set<", .storage(.set)),
    ]

    /// Finds the target by the runtime's name of a standard collection; nil for other types.
    fileprivate init?(ofStandard name: String) {
        if name == "Swift.String" {
            self = .storage(.string)
        } else if let found = Self.standard.first(where: { name.hasPrefix($0.prefix) }) {
            self = found.target
        } else {
            return nil
        }
    }
}
