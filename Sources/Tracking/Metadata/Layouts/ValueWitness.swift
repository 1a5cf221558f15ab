/// Size and alignment of a type's values, read from the type's value witness table.
@safe struct ValueWitness {
    let size: UInt64
    let stride: UInt64
    let alignment: UInt64
    /// Whether a value fits into the three words of an existential.
    let isInline: Bool
    /// The function that tells the case of an enum's value from its bits alone; nil for other types.
    let caseNumber: CaseNumber?

    var hasCases: Bool { unsafe caseNumber != nil }

    typealias CaseNumber = @convention(c) (_ value: UnsafeRawPointer, _ type: UnsafeRawPointer) -> UInt32

    // swift: include/swift/ABI/MetadataValues.h, TargetValueWitnessFlags.
    private static let isNonInlineFlag: UInt64 = 0x2_0000
    private static let hasEnumWitnessesFlag: UInt64 = 0x20_0000

    /// - Parameter metadata: The metadata of a type; the runtime returned it, or it was validated.
    init?(of metadata: UInt64) {
        guard let table = SafeMemory.word(at: metadata &- 8), HeapMetadata.canBePointer(table),
            let words = SafeMemory.words(from: table + 64, count: 4)
        else { return nil }
        let mask = words[2] & 0xFF
        guard words[0] < 1 << 32, (1..<1 << 32).contains(words[1]), mask & (mask + 1) == 0 else { return nil }
        size = words[0]
        stride = words[1]
        alignment = mask + 1
        isInline = words[2] & Self.isNonInlineFlag == 0
        let asks = words[2] & Self.hasEnumWitnessesFlag != 0 && HeapMetadata.canBeCode(words[3])
        unsafe caseNumber = asks ? unsafeBitCast(UInt(words[3]), to: CaseNumber.self) : nil
    }

    /// The first offset at or behind `offset` with the alignment of this type.
    func place(from offset: UInt64) -> UInt64 { (offset + alignment - 1) & ~(alignment - 1) }
}
