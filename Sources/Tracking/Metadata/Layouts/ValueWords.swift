/// Collects the meaning of a value's words, including the fields of structs inside of it at any depth.
struct ValueWords {
    var fields: [BlockLayout.Field] = []
    /// False when there were too many fields for a table, or when a type could not be read.
    var isComplete = true
    let disabled: Set<LayoutPart>

    private static let fieldLimit = 4096
    private static let depthLimit = 24

    init(without disabled: Set<LayoutPart>) {
        self.disabled = disabled
    }

    /// Ascending by offset, each offset once.
    var sorted: [BlockLayout.Field] { fields.sorted { $0.offset < $1.offset } }

    /// Adds a field of a nominal type, or a captured value.
    ///
    /// `type` is the metadata of its type, 0 when the runtime could not find it; `end` is the largest possible end
    /// offset.
    mutating func add(_ mangled: MangledType, type: UInt64, at offset: UInt64, end: UInt64, path: String, depth: Int) {
        if mangled.ownership != .strong {
            guard !disabled.contains(.references) else { return addWords(offset..<end, path) }
            // In a class existential, witness tables come behind the reference.
            return addWord(offset, mangled.ownership.kind, path)
        }
        if let builtin = Builtin(mangled: mangled.text) { return add(builtin, offset..<end, path) }
        if mangled.isBlock { return addWord(offset, .strong, path, .counted) }
        if type == 0, mangled.isFunction { return addFunction(0, offset..<offset + 16, path) }
        guard type != 0, !(mangled.isAccessor && isEmptyTuple(type)) else { return addWords(offset..<end, path) }
        add(type: type, at: offset, path: path, depth: depth)
    }

    /// Adds a value, given the metadata of its type as returned by the runtime.
    mutating func add(type: UInt64, at offset: UInt64, path: String, depth: Int) {
        guard depth < Self.depthLimit, fields.count < Self.fieldLimit else {
            isComplete = false
            return
        }
        guard let kind = SafeMemory.word(at: type) else {
            isComplete = false
            return
        }
        if kind == 0 { return addWord(offset, .strong, path, .instance(of: type), form: .property) }
        if kind > 0x7FF { return addWord(offset, .strong, path, form: .property) }
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
        case 0x302: addFunction(type, extent, path)
        case 0x303, 0x307: addExistential(type, kind, extent, path)
        case 0x304, 0x306: break
        default: addWords(extent, path)
        }
    }

    /// Whether the runtime returned an empty tuple, as it does for types that only newer runtimes can name: `Mutex` and
    /// others that cannot be copied.
    private func isEmptyTuple(_ type: UInt64) -> Bool {
        SafeMemory.words(from: type, count: 2).map { $0[0] == 0x301 && $0[1] == 0 } ?? false
    }

    /// Adds words with unknown meaning; `kind` may tell that they own nothing.
    mutating func addWords(_ extent: Range<UInt64>, _ path: String, _ kind: EdgeKind = .conservative) {
        var offset = (extent.lowerBound + 7) & ~7
        while offset + 8 <= extent.upperBound {
            addWord(offset, kind, path)
            offset += 8
        }
    }

    /// Adds the words that no field covers: the type has more than its records describe.
    mutating func addGaps(in extent: Range<UInt64>, between covered: [Range<UInt64>]) {
        var next = extent.lowerBound
        for range in covered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound { addWords(next..<min(range.lowerBound, extent.upperBound), "") }
            next = max(next, range.upperBound)
        }
        if next < extent.upperBound { addWords(next..<extent.upperBound, "") }
    }

    mutating func addWord(
        _ offset: UInt64,
        _ kind: EdgeKind,
        _ path: String,
        _ target: ReferenceTarget = .anything,
        _ choice: WordChoice? = nil,
        form: FieldForm = .unknown
    ) {
        guard offset % 8 == 0 else { return }
        guard fields.count < Self.fieldLimit else {
            isComplete = false
            return
        }
        fields.append(
            BlockLayout.Field(offset: offset, kind: kind, name: path, target: target, choice: choice, form: form)
        )
    }

    /// Marks the fields with exactly this name as `fixed`: they cannot be declared weak; properties inside of the value
    /// can.
    mutating func fix(_ path: String) {
        Self.fix(path, in: &fields)
    }

    static func fix(_ path: String, in fields: inout [BlockLayout.Field]) {
        for index in fields.indices where fields[index].name == path {
            if fields[index].form == .property || fields[index].form == .existential { fields[index].form = .fixed }
        }
    }

    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : name.isEmpty ? path : path + "." + name
    }

    mutating func add(_ builtin: Builtin, _ extent: Range<UInt64>, _ path: String) {
        switch builtin {
        case .object: addWord(extent.lowerBound, .strong, path, .object, form: .fixed)
        case .pointer: addWord(extent.lowerBound, .unmanaged, path)
        case .number: break
        case .opaque: addWords(extent, path)
        case .actorQueue: addWords(extent, path, .unmanaged)
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
