/// Layouts of closure contexts and boxes: values in order, each at the next offset with a suitable alignment.
enum CaptureLayout {
    /// The layout of captures that begin at `offset`; the descriptor is 0 when the compiler wrote none.
    static func layout(descriptor: UInt64, offset: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.captures), let found = CaptureDescriptor(at: descriptor),
            // Bindings (generic arguments) come before the captures, at a place that is not known.
            SafeMemory.int32(at: descriptor + 8) == 0
        else { return nil }
        let isBox = found.types.count == 1
        var words = ValueWords(without: disabled)
        var next = offset
        for (index, capture) in found.captures.enumerated() {
            let name = isBox ? "value" : "capture \(index)"
            guard let capture, let size = add(capture, from: next, name: name, to: &words) else {
                return layout(words, end: next)
            }
            next = size
        }
        return layout(words, end: next)
    }

    /// The bytes behind the last known value, if there are any, have no known meaning.
    private static func layout(_ words: ValueWords, end: UInt64) -> BlockLayout? {
        guard words.isComplete else { return nil }
        return BlockLayout(fields: words.sorted, tail: .conservative(from: end), isExact: true)
    }

    /// Adds a capture and returns its end; nil when its size is not known.
    private static func add(
        _ capture: CaptureDescriptor.Capture,
        from offset: UInt64,
        name: String,
        to words: inout ValueWords
    ) -> UInt64? {
        let type = unsafe UInt64(unsafeBitCast(capture.type, to: UInt.self))
        if capture.name.isShared {
            let place = (offset + 7) & ~7
            words.addWord(place, .strong, name, form: .variable)
            return place + 8
        }
        let size: UInt64
        let place: UInt64
        if SafeMemory.word(at: type).map({ $0 == 0 || $0 > 0x7FF }) == true {
            size = 8
            place = (offset + 7) & ~7
        } else {
            guard let witness = ValueWitness(of: type) else { return nil }
            size = witness.size
            place = witness.place(from: offset)
        }
        words.add(capture.name, type: type, at: place, end: place + size, path: name, depth: 0)
        return place + size
    }

    /// A box for a value of some type, whose layout the runtime made.
    static func box(of type: UInt64, at offset: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.boxes) else { return nil }
        return value(of: type, at: offset, name: "value", without: disabled)
    }

    /// An error's box: the value comes behind its type and the witness of `Error`.
    static func error(of type: UInt64, without disabled: Set<LayoutPart>) -> BlockLayout? {
        guard !disabled.contains(.errors), let witness = ValueWitness(of: type) else { return nil }
        return value(of: type, at: witness.place(from: 32), name: "error", without: disabled)
    }

    private static func value(
        of type: UInt64,
        at offset: UInt64,
        name: String,
        without disabled: Set<LayoutPart>
    )
        -> BlockLayout?
    {
        guard let size = SafeMemory.word(at: type) == 0 ? 8 : ValueWitness(of: type)?.size else { return nil }
        var words = ValueWords(without: disabled)
        words.add(type: type, at: offset, path: name, depth: 0)
        return layout(words, end: offset + size)
    }
}
