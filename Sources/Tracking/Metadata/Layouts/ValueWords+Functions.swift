// Functions, and values of protocol types.
extension ValueWords {
    /// A Swift function consists of its code and its context; a C function is its code alone.
    ///
    /// `type` is the metadata of the function's type, 0 when it is not known.
    mutating func addFunction(_ type: UInt64, _ extent: Range<UInt64>, _ path: String) {
        guard !disabled.contains(.functions) else { return addWords(extent, path) }
        if extent.count == 16 { return addWord(extent.lowerBound + 8, .strong, path, .object, form: .function) }
        // The third byte of the flags is the calling convention; 1 means block.
        let flags = type == 0 ? nil : SafeMemory.word(at: type + 8)
        if flags.map({ $0 >> 16 & 0xFF == 1 }) == true { addWord(extent.lowerBound, .strong, path, .counted) }
    }

    /// An existential has three words for a value or for the box with it, as the value's type says; one that holds only
    /// objects needs one word.
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
            // The first byte of a shape says whether the values are opaque, objects or metatypes.
            switch SafeMemory.int32(at: detail).map({ $0 & 0xFF }) {
            case 0: words = 3
            case 1: words = 1
            case 2: words = 0
            default: return addWords(extent, path)
            }
        }
        // `Any` names no protocol that could be changed into one for classes only.
        if words == 3 { form = kind == 0x303 && detail & 0xFF_FFFF == 0 ? .fixed : .existential }
        let choice = words == 3 ? WordChoice.existential(at: extent.lowerBound) : nil
        for index in 0..<words where extent.lowerBound + 8 * index + 8 <= extent.upperBound {
            let target = choice == nil ? ReferenceTarget.object : .anything
            addWord(extent.lowerBound + 8 * index, .strong, path, target, choice, form: form)
        }
    }
}
