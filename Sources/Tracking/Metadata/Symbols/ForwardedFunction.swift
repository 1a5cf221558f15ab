extension SymbolFile {
    /// Where the function begins that a partial application calls with what it captured.
    ///
    /// Its forwarder has the function's name with "TA" behind it, perhaps a number, and no source lines.
    ///
    /// - Returns: Nil when no forwarder begins at the address, and when its function is not there.
    /// - Complexity: O(symbols).
    func forwarded(from address: UInt64) -> UInt64? {
        guard let name = symbolName(at: address)?.split(separator: ".").first, name.hasSuffix("TA") else { return nil }
        return start(ofFunction: String(name.dropLast(2)))
    }
}

extension Symbolizer {
    /// Bytes of a forwarder that are searched for the lines of the function that the compiler put into it.
    private static let searchedBytes: UInt64 = 96
    private static let forwarder = "partial apply forwarder for "
    /// What the demangler says of a number behind a name.
    private static let numbered = " with unmangled suffix "

    /// Names the function that begins at an address, or the one that is a forwarder's.
    ///
    /// - Returns: Nil when neither has a name.
    func lookUpFunction(_ address: UInt64, in image: Image) -> Frame? {
        let start = address &- image.bias
        let target = (file(of: image)?.forwarded(from: start) ?? start) &+ image.bias
        // Read as a return address: one byte earlier.
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
