// Functions, and values behind protocol types.
extension ValueWords {
    /// A Swift function is its code and its context; a C function is its code alone.
    ///
    /// `type` is its metadata, 0 when that is not known.
    mutating func addFunction(_ type: UInt64, _ extent: Range<UInt64>, _ path: String) {
        guard !disabled.contains(.functions) else { return addWords(extent, path) }
        if extent.count == 16 { return addWord(extent.lowerBound + 8, .strong, path, .object, form: .function) }
        // The third byte of the flags is the convention: 1 is a block.
        let flags = type == 0 ? nil : SafeMemory.word(at: type + 8)
        if flags.map({ $0 >> 16 & 0xFF == 1 }) == true { addWord(extent.lowerBound, .strong, path, .counted) }
    }

    /// Three words hold a value or the box it is in, which its type says; objects alone need one.
    mutating func addExistential(_ type: UInt64, _ kind: UInt64, _ extent: Range<UInt64>, _ path: String) {
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
        // No protocol stands before `Any`, which could be made one of classes.
        if words == 3 { form = kind == 0x303 && detail & 0xFF_FFFF == 0 ? .fixed : .existential }
        let choice = words == 3 ? WordChoice.existential(at: extent.lowerBound) : nil
        for index in 0..<words where extent.lowerBound + 8 * index + 8 <= extent.upperBound {
            let target = choice == nil ? ReferenceTarget.object : .anything
            addWord(extent.lowerBound + 8 * index, .strong, path, target, choice, form: form)
        }
    }
}
