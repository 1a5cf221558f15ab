extension SymbolFile {
    /// The start of the function that a partial application calls with its captured values.
    ///
    /// The forwarder's name is the function's name followed by "TA" and perhaps a number; it has no source lines.
    ///
    /// - Returns: Nil when no forwarder begins at the address, or when its function is not in the file.
    func forwarded(from address: UInt64) -> UInt64? {
        guard let name = symbolName(at: address)?.split(separator: ".").first, name.hasSuffix("TA") else { return nil }
        return start(ofFunction: String(name.dropLast(2)))
    }
}

extension Symbolizer {
    /// The bytes of a forwarder that are searched for source lines of the function that the compiler inlined into it.
    private static let searchedBytes: UInt64 = 96
    private static let forwarder = "partial apply forwarder for "
    /// The demangler's text for a number behind a name.
    private static let numbered = " with unmangled suffix "

    /// Names the function that begins at an address or, for a forwarder, the function that it calls.
    ///
    /// - Returns: Nil when neither has a name.
    func lookUpFunction(_ address: UInt64, in image: Image) -> Frame? {
        let start = address &- image.bias
        let target = (file(of: image)?.forwarded(from: start) ?? start) &+ image.bias
        // `symbolize` expects a return address and looks up the byte before it.
        guard var frame = symbolize(target &+ 1, in: image).last, !frame.function.hasPrefix("0x") else { return nil }
        let name = frame.function
        if let end = name.firstRange(of: Self.numbered)?.lowerBound { frame.function = String(name[..<end]) }
        if name.hasPrefix(Self.forwarder) {
            frame.function.removeFirst(Self.forwarder.count)
            let inner = inlined(frame.function, into: name, at: target, image)
            (frame.file, frame.line) = (inner?.file, inner?.line)
        }
        frame.address = address
        return frame
    }

    private func inlined(_ name: String, into forwarder: String, at start: UInt64, _ image: Image) -> Frame? {
        for offset in 1...Self.searchedBytes {
            let frames = symbolize(start &+ offset, in: image)
            guard frames.last?.function == forwarder else { return nil }
            if let found = frames.first(where: { $0.function == name && $0.line ?? 0 > 0 }) { return found }
        }
        return nil
    }
}
