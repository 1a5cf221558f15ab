/// The layout of a class' instances, inherited fields first.
enum ClassLayout {
    private static let depthLimit = 64

    /// The layout of instances; nil when a class of the chain has no records of its fields.
    ///
    /// The metadata is that of a class and was validated. Blocks that are larger than an instance have a tail:
    /// `ManagedBuffer` and other classes keep elements there.
    static func layout(
        of metadata: UInt64,
        instanceSize: UInt64,
        hasTail: Bool,
        without disabled: Set<LayoutPart>
    )
        -> BlockLayout?
    {
        guard !disabled.contains(.classes), let chain = chain(from: metadata) else { return nil }
        var words = ValueWords(without: disabled)
        var covered: [Range<UInt64>] = []
        for nominal in chain {
            guard nominal.fieldCount > 0 else { continue }
            guard let records = nominal.records, records.count == nominal.offsets.count else { return nil }
            for (index, record) in records.enumerated() {
                let offset = nominal.offsets[index]
                // A field of size 0 may have no offset.
                guard let mangled = record.type, offset >= HeapMetadata.headerSize, offset <= instanceSize else {
                    continue
                }
                let end = nominal.offsets.filter { $0 > offset }.min() ?? instanceSize
                let type = nominal.type(of: record) ?? 0
                words.add(mangled, type: type, at: offset, end: end, path: record.name, depth: 0)
                if mangled.isGenericArgument { words.fix(record.name) }
                covered.append(offset..<offset + (size(of: mangled, type) ?? end - offset))
            }
        }
        words.addGaps(in: HeapMetadata.headerSize..<instanceSize, between: covered)
        guard words.isComplete else { return nil }
        let arguments = hasTail ? managedBufferArguments(of: chain) : nil
        let ring = arguments.flatMap { StorageLayout.ring(header: $0.header, element: $0.element, without: disabled) }
        let tail = hasTail ? ring ?? .conservative(from: instanceSize) : nil
        let fields = words.sorted.filter { $0.offset < instanceSize }
        var layout = BlockLayout(fields: fields, tail: tail, isExact: arguments == nil)
        layout.isRing = ring != nil
        return layout
    }

    /// The generic arguments if the class is a `ManagedBuffer<Header, Element>`.
    ///
    /// Such an object asks the allocator how many elements fit. The other classes with elements, all in the runtime's
    /// libraries, know their number.
    private static func managedBufferArguments(of chain: [NominalType]) -> (header: UInt64, element: UInt64)? {
        guard let root = chain.first, root.records?.map(\.name) == ["header"], root.arguments != 0,
            let arguments = SafeMemory.words(from: root.arguments, count: 2)
        else { return nil }
        return (arguments[0], arguments[1])
    }

    /// The size of a field whose type is known; nil for other fields, which may reach to the next one.
    private static func size(of mangled: MangledType, _ type: UInt64) -> UInt64? {
        guard mangled.ownership == .strong, type != 0, !mangled.isAccessor else { return nil }
        return SafeMemory.word(at: type) == 0 ? 8 : ValueWitness(of: type)?.size
    }

    /// The class and its superclasses, the root class first.
    private static func chain(from metadata: UInt64) -> [NominalType]? {
        var chain: [NominalType] = []
        var next = metadata
        while next != 0 {
            guard chain.count < depthLimit, HeapMetadata.canBePointer(next), let nominal = NominalType(next),
                let superclass = SafeMemory.word(at: next + 8)
            else { return nil }
            chain.append(nominal)
            next = superclass
        }
        return chain.reversed()
    }
}

extension BlockLayout.Tail {
    /// A tail of words with unknown meaning, up to the end of the block.
    static func conservative(from offset: UInt64, name: String = "") -> Self {
        let start = (offset + 7) & ~7
        let word = BlockLayout.Field(offset: 0, kind: .conservative, name: "")
        return Self(start: start, stride: 8, fields: [word], name: name)
    }
}
