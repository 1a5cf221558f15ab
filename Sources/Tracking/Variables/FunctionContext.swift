/// The context of a function in a value that was passed to generic code.
///
/// For generic code a function is often wrapped: its context is then a new block, with the code and the context of the
/// function that the program has. A wrapper may wrap another one. They go when the call ends.
struct FunctionContext: Sendable {
    /// What a context holds, if it is a wrapper.
    struct Inner: Sendable {
        var code: UInt64
        var context: UInt64
    }

    /// Of the function's context, in bytes from the start of the value.
    var offset: UInt64
    /// From the outside inwards: each is held by the one before.
    var inner: [Inner]

    private static let mostWrappers = 4

    /// - Parameters:
    ///   - words: A value.
    ///   - type: The metadata of its type.
    /// - Returns: One for each function in the value.
    static func all(in words: HiddenWords, of type: UInt64) -> [FunctionContext] {
        contexts(of: type, at: 0, depth: 0).filter { $0 / 8 < words.count }.map { offset in
            var inner: [Inner] = []
            var context = words[Int(offset / 8)]
            while inner.count < mostWrappers, context > 4096,
                let held = SafeMemory.words(from: context &+ 16, count: 2)
            {
                inner.append(Inner(code: held[0], context: held[1]))
                context = held[1]
            }
            return FunctionContext(offset: offset, inner: inner)
        }
    }

    /// Of a function, an optional one, and those in tuples: only these are wrapped.
    private static func contexts(of type: UInt64, at offset: UInt64, depth: Int) -> [UInt64] {
        guard depth < 4, let kind = SafeMemory.word(at: type) else { return [] }
        switch kind {
        case 0x302: return [offset + 8]
        case 0x202:
            guard let wrapped = SafeMemory.word(at: type + 16) else { return [] }
            return contexts(of: wrapped, at: offset, depth: depth + 1)
        case 0x301:
            guard let count = SafeMemory.word(at: type + 8), count <= 64,
                let elements = SafeMemory.words(from: type + 24, count: Int(count) * 2)
            else { return [] }
            return stride(from: 0, to: elements.count, by: 2).flatMap {
                contexts(of: elements[$0], at: offset + elements[$0 + 1] & 0xFFFF_FFFF, depth: depth + 1)
            }
        default: return []
        }
    }
}
