/// Reads the parts of a value that decide what its words mean, such as the type of an existential or the case of an
/// enum.
///
/// It reads the value as it was at the time of the scan.
struct ChoiceReader {
    private struct Case: Hashable {
        var type: UInt64
        var number: UInt32
    }

    private static let depthLimit = 8

    private let memory: ScanMemory
    private let disabled: Set<LayoutPart>
    private let isImage: (UInt64) -> Bool
    /// By type; nil for types that cannot be read.
    private var values: [UInt64: [BlockLayout.Field]?] = [:]
    private var cases: [Case: [BlockLayout.Field]?] = [:]

    init(_ memory: ScanMemory, without disabled: Set<LayoutPart>, isImage: @escaping (UInt64) -> Bool) {
        self.memory = memory
        self.disabled = disabled
        self.isImage = isImage
    }

    /// The meaning of a word of a block.
    ///
    /// - Parameters:
    ///   - field: The word according to the layout of its block.
    ///   - start: The address from which the word's offset counts.
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
        // The existential is optional and has no value.
        if type == 0 { return [] }
        if let known = values[type] { return known }
        let fields = readValue(of: type)
        values[type] = fields
        return fields
    }

    /// The fields of a value in an existential's buffer, which holds the value itself or a box with the value.
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

    /// Asks the enum's own witness, which reads only the bits of the value: so a copy of the bits is enough.
    private func caseNumber(of type: UInt64, _ witness: ValueWitness, at address: UInt64) -> UInt32? {
        guard let ask = unsafe witness.caseNumber, let metadata = unsafe UnsafeRawPointer(bitPattern: UInt(type)),
            let words = memory.words(from: address, count: Int((witness.size + 7) / 8))
        else { return nil }
        return unsafe words.withUnsafeBytes { unsafe $0.baseAddress.map { unsafe ask($0, metadata) } }
    }
}
