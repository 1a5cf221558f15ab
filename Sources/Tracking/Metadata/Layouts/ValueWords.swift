/// Collects what the words of a value mean, down to the last field of the last struct in it.
struct ValueWords {
    private(set) var fields: [BlockLayout.Field] = []
    /// False when there were more fields than are worth a table.
    private(set) var isComplete = true
    private let disabled: Set<LayoutPart>

    private static let fieldLimit = 4096
    private static let depthLimit = 24

    init(without disabled: Set<LayoutPart>) {
        self.disabled = disabled
    }

    /// Ascending by offset, each offset once.
    var sorted: [BlockLayout.Field] { fields.sorted { $0.offset < $1.offset } }

    /// A field of a nominal type, or a captured value.
    ///
    /// `type` is its metadata, 0 when the runtime could not find it; `end` is where it ends at the latest.
    mutating func add(_ mangled: MangledType, type: UInt64, at offset: UInt64, end: UInt64, path: String, depth: Int) {
        if mangled.ownership != .strong {
            guard !disabled.contains(.references) else { return addWords(offset..<end, path) }
            // A class existential has witness tables behind its reference.
            return addWord(offset, mangled.ownership.kind, path)
        }
        if let builtin = Builtin(mangled: mangled.text) { return add(builtin, offset..<end, path) }
        if type == 0, mangled.isFunction { return addFunction(offset..<offset + 16, path) }
        guard type != 0, !(mangled.isAccessor && isEmptyTuple(type)) else { return addWords(offset..<end, path) }
        add(type: type, at: offset, path: path, depth: depth)
    }

    /// A value by the metadata of its type, which the runtime answered for.
    mutating func add(type: UInt64, at offset: UInt64, path: String, depth: Int) {
        guard depth < Self.depthLimit, fields.count < Self.fieldLimit else {
            isComplete = false
            return
        }
        guard let kind = SafeMemory.word(at: type) else {
            isComplete = false
            return
        }
        if kind == 0 || kind > 0x7FF { return addWord(offset, .strong, path, .property) }
        guard let witness = ValueWitness(of: type) else {
            isComplete = false
            return
        }
        let extent = offset..<offset + witness.size
        switch kind {
        case 0x200: addStruct(type, extent, path, depth)
        case 0x201, 0x202: addEnum(type, extent, path, depth)
        case 0x300:
            let builtin = Builtin(name: TypeNames.runtimeName(type))
            if let builtin { add(builtin, extent, path) } else { addWords(extent, path) }
        case 0x301: addTuple(type, offset, path, depth)
        case 0x302: addFunction(extent, path)
        case 0x303, 0x307: addExistential(type, kind, extent, path)
        case 0x304, 0x306: break
        default: addWords(extent, path)
        }
    }

    /// What the runtime answers for a type that only newer ones can name: `Mutex` and others that cannot be copied.
    private func isEmptyTuple(_ type: UInt64) -> Bool {
        SafeMemory.words(from: type, count: 2).map { $0[0] == 0x301 && $0[1] == 0 } ?? false
    }

    /// Words of which nothing is known.
    mutating func addWords(_ extent: Range<UInt64>, _ path: String) {
        var offset = (extent.lowerBound + 7) & ~7
        while offset + 8 <= extent.upperBound {
            addWord(offset, .conservative, path)
            offset += 8
        }
    }

    mutating func addWord(_ offset: UInt64, _ kind: EdgeKind, _ path: String, _ form: FieldForm = .unknown) {
        guard offset % 8 == 0 else { return }
        guard fields.count < Self.fieldLimit else {
            isComplete = false
            return
        }
        fields.append(BlockLayout.Field(offset: offset, kind: kind, name: path, form: form))
    }

    /// What has this name itself, and is no property of it, is nothing that could be declared weak.
    mutating func fix(_ path: String) {
        for index in fields.indices where fields[index].name == path {
            if fields[index].form == .property || fields[index].form == .existential { fields[index].form = .fixed }
        }
    }

    private mutating func add(_ builtin: Builtin, _ extent: Range<UInt64>, _ path: String) {
        switch builtin {
        case .object: addWord(extent.lowerBound, .strong, path, .fixed)
        case .pointer: addWord(extent.lowerBound, .unmanaged, path)
        case .number: break
        case .opaque: addWords(extent, path)
        }
    }
}

// MARK: - Structs, tuples, enums

extension ValueWords {
    private mutating func addStruct(_ type: UInt64, _ extent: Range<UInt64>, _ path: String, _ depth: Int) {
        let name = TypeNames.runtimeName(type)
        guard name != "Swift.ObjectIdentifier" else { return }
        // `UInt(bitPattern: pointer)` is how a program keeps an address as a number.
        guard name != "Swift.UInt" else { return addWord(extent.lowerBound, .unmanaged, path) }
        guard let nominal = NominalType(type), let records = nominal.records, records.count == nominal.offsets.count
        else { return addWords(extent, path) }
        if records.isEmpty { return addOpaque(nominal, name, extent, path, depth) }
        // The standard library's fields are its own affair: a dictionary is one word named as the dictionary.
        let isStandard = name.hasPrefix("Swift.")
        for (index, record) in records.enumerated() {
            guard let mangled = record.type else { continue }
            let start = extent.lowerBound + nominal.offsets[index]
            // What is no number of the standard library's is storage for anything: swift-atomics keeps references so.
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

    /// A struct without fields may have a size all the same: storage that the compiler was told to lay out like
    /// something else, as in `Mutex` and `Atomic`.
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

    private mutating func addTuple(_ type: UInt64, _ offset: UInt64, _ path: String, _ depth: Int) {
        guard let header = SafeMemory.words(from: type, count: 3), header[1] <= 64,
            let elements = SafeMemory.words(from: type + 24, count: Int(header[1]) * 2)
        else {
            isComplete = false
            return
        }
        let text = header[2] == 0 ? [] : SafeMemory.bytes(from: header[2], upTo: 512).prefix { $0 != 0 }
        // Labels are separated, and each followed, by a space.
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

    /// All payloads begin where the enum does; which one is there is not looked at.
    private mutating func addEnum(_ type: UInt64, _ extent: Range<UInt64>, _ path: String, _ depth: Int) {
        guard !disabled.contains(.enums), let nominal = NominalType(type), let records = nominal.records else {
            return addWords(extent, path)
        }
        let isStandard = TypeNames.runtimeName(type).hasPrefix("Swift.")
        let isOptional = SafeMemory.word(at: type) == 0x202
        var payloads: [[BlockLayout.Field]] = []
        for record in records {
            guard let mangled = record.type else { continue }
            var words = ValueWords(without: disabled)
            let inner = isStandard ? path : Self.join(path, record.name)
            if record.isIndirect {
                words.addWord(extent.lowerBound, .strong, inner, .fixed)
            } else {
                words.add(
                    mangled,
                    type: nominal.type(of: record) ?? 0,
                    at: extent.lowerBound,
                    end: extent.upperBound,
                    path: inner,
                    depth: depth + 1
                )
            }
            if !isOptional { words.fix(inner) }
            isComplete = isComplete && words.isComplete
            payloads.append(words.fields)
        }
        for field in Self.merge(payloads, path: path) { addWord(field.offset, field.kind, field.name, field.form) }
    }

    /// One meaning per word: what is a reference in any case is one.
    private static func merge(_ payloads: [[BlockLayout.Field]], path: String) -> [BlockLayout.Field] {
        if payloads.count == 1 { return payloads[0] }
        var merged: [UInt64: BlockLayout.Field] = [:]
        for field in payloads.joined() {
            guard var known = merged[field.offset] else {
                merged[field.offset] = field
                continue
            }
            if known.kind != field.kind { known.kind = .conservative }
            if known.name != field.name { known.name = path }
            if known.form != field.form { known.form = .fixed }
            merged[field.offset] = known
        }
        return Array(merged.values)
    }

    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : name.isEmpty ? path : path + "." + name
    }
}

// MARK: - Functions and existentials

extension ValueWords {
    /// A Swift function is its code and its context; a C function is its code alone.
    private mutating func addFunction(_ extent: Range<UInt64>, _ path: String) {
        guard !disabled.contains(.functions) else { return addWords(extent, path) }
        if extent.count == 16 { addWord(extent.lowerBound + 8, .strong, path, .function) }
    }

    /// Words that hold the value, or the box it is in, are strong: what is no reference hardly ever looks like one.
    private mutating func addExistential(_ type: UInt64, _ kind: UInt64, _ extent: Range<UInt64>, _ path: String) {
        guard !disabled.contains(.existentials), let detail = SafeMemory.word(at: type + 8) else {
            return addWords(extent, path)
        }
        let words: UInt64
        var form = FieldForm.property
        if kind == 0x303 {
            let isError = (detail >> 24) & 0x3F == 1
            if isError { form = .fixed }
            words = isError || (detail >> 31) & 1 == 0 ? 1 : 3
        } else {
            // A shape says in its first byte whether values are opaque, objects or metatypes.
            switch SafeMemory.int32(at: detail).map({ $0 & 0xFF }) {
            case 0: words = 3
            case 1: words = 1
            case 2: words = 0
            default: return addWords(extent, path)
            }
        }
        if words == 3 { form = .existential }
        for index in 0..<words where extent.lowerBound + 8 * index + 8 <= extent.upperBound {
            addWord(extent.lowerBound + 8 * index, .strong, path, form)
        }
    }
}

extension MangledType.Ownership {
    fileprivate var kind: EdgeKind {
        switch self {
        case .strong: .strong
        case .weak: .weak
        case .unowned: .unowned
        case .unmanaged: .unmanaged
        }
    }
}
