/// Layouts of the standard library's collection storage, whose classes declare no fields for the elements.
enum StorageLayout {
    // Offsets in __ContiguousArrayStorageBase, __RawDictionaryStorage and __RawSetStorage (swift: stdlib/public/core).
    private static let arrayStart: UInt64 = 32
    static let dictionaryStart: UInt64 = 64
    static let setStart: UInt64 = 56
    static let stringStart: UInt64 = 32
    static let countOffset: UInt64 = 16
    static let capacityOffset: UInt64 = 16
    static let scaleOffset: UInt64 = 32
    /// Offset of the `ManagedBuffer` header, which comes behind the object's header.
    static let ringStart: UInt64 = 16
    private static let scaleLimit: UInt64 = 40

    /// The elements of an array, one after the other from the 32nd byte on.
    static func array(_ metadata: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.arrays), let element = genericArguments(of: metadata, count: 1)?[0],
            let witness = ValueWitness(of: element), let fields = fields(of: element, without: disabled)
        else { return nil }
        let start = witness.place(from: arrayStart)
        return BlockLayout(fields: [], tail: tail(from: start, witness, fields, ""))
    }

    /// The storage of `Deque` and `AsyncStream`: a `ManagedBuffer` whose header has these three numbers.
    ///
    /// Nil for other headers: they describe in their own way where the elements are.
    static func ring(header: UInt64, element: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout.Tail? {
        guard !disabled.contains(.arrays), let nominal = NominalType(header), nominal.kind == .struct,
            nominal.records?.map(\.name) == ["capacity", "count", "startSlot"], nominal.offsets == [0, 8, 16],
            let witness = ValueWitness(of: element), let fields = fields(of: element, without: disabled)
        else { return nil }
        let start = witness.place(from: ringStart + 24)
        if fields.isEmpty { return BlockLayout.Tail(start: (start + 7) & ~7, stride: 8, fields: []) }
        return tail(from: start, witness, fields, "")
    }

    /// A bit map of the buckets, then the keys, then the values; the scale is the binary logarithm of the number of
    /// buckets.
    static func dictionary(_ metadata: UInt64, scale: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.tables), scale < scaleLimit,
            let types = genericArguments(of: metadata, count: 2), let key = ValueWitness(of: types[0]),
            let value = ValueWitness(of: types[1]), let keys = fields(of: types[0], without: disabled),
            let values = fields(of: types[1], without: disabled)
        else { return nil }
        let first = key.place(from: dictionaryStart + mapSize(scale))
        let second = value.place(from: first + key.stride << scale)
        let tail = tail(from: second, value, values, "values")
        let body = self.tail(from: first, key, keys, "keys")
        // The body reaches to the tail, or to the end of the block: so values without references need a tail too.
        let nothing = BlockLayout.Tail(start: (second + 7) & ~7, stride: 8, fields: [])
        return BlockLayout(fields: [], tail: tail ?? nothing, body: body)
    }

    static func set(_ metadata: UInt64, scale: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.tables), scale < scaleLimit,
            let element = genericArguments(of: metadata, count: 1)?[0],
            let witness = ValueWitness(of: element), let fields = fields(of: element, without: disabled)
        else { return nil }
        return BlockLayout(
            fields: [],
            tail: tail(from: witness.place(from: setStart + mapSize(scale)), witness, fields, "")
        )
    }

    /// The characters of a string, and sometimes behind them a reference to an index of them; `ElementReader` knows
    /// where.
    static func string() -> BlockLayout {
        let word = BlockLayout.Field(offset: 0, kind: .strong, name: "breadcrumbs", target: .storage(.string))
        return BlockLayout(fields: [], tail: BlockLayout.Tail(start: stringStart, stride: 8, fields: [word]))
    }

    private static func mapSize(_ scale: UInt64) -> UInt64 { 8 * max(1, (1 << scale) / 64) }

    private static func fields(of type: UInt64, without disabled: Set<LayoutPart>) -> [BlockLayout.Field]? {
        var words = ValueWords(without: disabled)
        words.add(type: type, at: 0, path: "", depth: 0)
        return words.isComplete ? words.sorted : nil
    }

    private static func tail(
        from start: UInt64,
        _ witness: ValueWitness,
        _ fields: [BlockLayout.Field],
        _ name: String
    ) -> BlockLayout.Tail? {
        guard !fields.isEmpty, witness.stride % 8 == 0 else { return nil }
        return BlockLayout.Tail(start: start, stride: witness.stride, fields: fields, name: name)
    }

    private static func genericArguments(of metadata: UInt64, count: Int) -> [UInt64]? {
        guard let nominal = NominalType(metadata), nominal.arguments != 0 else { return nil }
        return SafeMemory.words(from: nominal.arguments, count: count)
    }
}
