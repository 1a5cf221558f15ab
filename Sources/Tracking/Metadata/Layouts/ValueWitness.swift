/// Size and alignment of values of a type, from its value witness table.
struct ValueWitness {
    let size: UInt64
    let stride: UInt64
    let alignment: UInt64

    /// - Parameter metadata: Of a type that the runtime answered for, or that was validated.
    init?(of metadata: UInt64) {
        guard let table = SafeMemory.word(at: metadata &- 8), HeapMetadata.canBePointer(table),
            let words = SafeMemory.words(from: table + 64, count: 3)
        else { return nil }
        let mask = words[2] & 0xFF
        guard words[0] < 1 << 32, (1..<1 << 32).contains(words[1]), mask & (mask + 1) == 0 else { return nil }
        size = words[0]
        stride = words[1]
        alignment = mask + 1
    }

    /// The first place for such a value at or behind an offset.
    func place(from offset: UInt64) -> UInt64 { (offset + alignment - 1) & ~(alignment - 1) }
}
