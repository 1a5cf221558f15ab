/// Size and alignment of values of a type, from its value witness table.
@safe struct ValueWitness {
    let size: UInt64
    let stride: UInt64
    let alignment: UInt64
    /// Whether a value fits the three words of an existential.
    let isInline: Bool
    /// Tells which case a value of an enum has, from its bits alone; nil for other types.
    let caseNumber: CaseNumber?

    var hasCases: Bool { unsafe caseNumber != nil }

    typealias CaseNumber = @convention(c) (_ value: UnsafeRawPointer, _ type: UnsafeRawPointer) -> UInt32

    // swift: include/swift/ABI/MetadataValues.h, TargetValueWitnessFlags.
    private static let isNonInlineFlag: UInt64 = 0x2_0000
    private static let hasEnumWitnessesFlag: UInt64 = 0x20_0000

    /// - Parameter metadata: Of a type that the runtime answered for, or that was validated.
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

    /// The first place for such a value at or behind an offset.
    func place(from offset: UInt64) -> UInt64 { (offset + alignment - 1) & ~(alignment - 1) }
}
