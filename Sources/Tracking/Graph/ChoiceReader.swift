/// Reads of a value, as it was when it was scanned, what decides the meaning of its words: the type behind a protocol,
/// the case of an enum.
struct ChoiceReader {
    private struct Case: Hashable {
        var type: UInt64
        var number: UInt32
    }

    private static let depthLimit = 8

    private let memory: ScanMemory
    private let disabled: Set<LayoutPart>
    private let isImage: (UInt64) -> Bool
    /// Nil for types that cannot be read.
    private var values: [UInt64: [BlockLayout.Field]?] = [:]
    private var cases: [Case: [BlockLayout.Field]?] = [:]

    init(_ memory: ScanMemory, without disabled: Set<LayoutPart>, isImage: @escaping (UInt64) -> Bool) {
        self.memory = memory
        self.disabled = disabled
        self.isImage = isImage
    }

    /// What a word of a block is.
    ///
    /// - Parameters:
    ///   - field: The word as its block's layout knows it.
    ///   - start: The address from which its offset counts.
    /// - Returns: A field without a choice.
    mutating func meaning(of field: BlockLayout.Field, at start: UInt64) -> BlockLayout.Field {
        var field = field
        var start = start
        for _ in 0..<Self.depthLimit {
            guard let choice = field.choice else { return field }
            let value = start + choice.offset
            let unknown = BlockLayout.Field(offset: field.offset, kind: .conservative, name: field.name)
            guard let fields = fields(of: choice, at: value) else { return unknown }
            let offset = field.offset - choice.offset
            guard let found = fields.first(where: { $0.offset == offset }) else {
                return BlockLayout.Field(offset: field.offset, kind: .ignored, name: field.name)
            }
            (field, start) = (found, value)
        }
        return BlockLayout.Field(offset: field.offset, kind: .conservative, name: field.name)
    }

    private mutating func fields(of choice: WordChoice, at address: UInt64) -> [BlockLayout.Field]? {
        switch choice {
        case .existential: fieldsOfExistential(at: address)
        case .cases(let type, _): fieldsOfCase(of: type, at: address)
        }
    }

    private mutating func fieldsOfExistential(at address: UInt64) -> [BlockLayout.Field]? {
        guard let type = memory.word(at: address + 24) else { return nil }
        // An optional one without a value.
        if type == 0 { return [] }
        if let known = values[type] { return known }
        let fields = readValue(of: type)
        values[type] = fields
        return fields
    }

    /// The fields of a value in the buffer of an existential: the value itself, or a box that has it.
    private func readValue(of type: UInt64) -> [BlockLayout.Field]? {
        guard HeapMetadata.isValueType(type, isImage: isImage), let witness = ValueWitness(of: type) else { return nil }
        guard witness.isInline else { return [BlockLayout.Field(offset: 0, kind: .strong, name: "", target: .object)] }
        var words = ValueWords(without: disabled)
        words.add(type: type, at: 0, path: "", depth: 0)
        return words.isComplete ? words.sorted : nil
    }

    private mutating func fieldsOfCase(of type: UInt64, at address: UInt64) -> [BlockLayout.Field]? {
        guard let witness = ValueWitness(of: type), let number = caseNumber(of: type, witness, at: address) else {
            return nil
        }
        let key = Case(type: type, number: number)
        if let known = cases[key] { return known }
        let fields = ValueWords.fields(ofCase: Int(number), of: type, size: witness.size, without: disabled)
        cases[key] = fields
        return fields
    }

    /// Asks the enum's own witness, which looks at nothing but the bits of the value: a copy of them will do.
    private func caseNumber(of type: UInt64, _ witness: ValueWitness, at address: UInt64) -> UInt32? {
        guard let ask = unsafe witness.caseNumber, let metadata = unsafe UnsafeRawPointer(bitPattern: UInt(type)),
            let words = memory.words(from: address, count: Int((witness.size + 7) / 8))
        else { return nil }
        return unsafe words.withUnsafeBytes { unsafe $0.baseAddress.map { unsafe ask($0, metadata) } }
    }
}
