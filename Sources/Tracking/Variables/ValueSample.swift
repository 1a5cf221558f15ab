internal import CMemscope

/// The words of a value, without a reference to anything: they are kept with all bits turned, because a scan of the
/// heap would take them for references.
struct HiddenWords: Sendable, Equatable {
    private var turned: [UInt64]

    init() { turned = [] }

    /// Of a value of any type; the last word may be filled up by zeros.
    init<Value>(of value: Value) {
        turned = unsafe withUnsafeBytes(of: value) { bytes in
            (0..<min((bytes.count + 7) / 8, TrackedVariables.wordLimit)).map { unsafe ~Self.word($0, of: bytes) }
        }
    }

    private static func word(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UInt64 {
        let offset = 8 * index
        if offset + 8 <= bytes.count { return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        return unsafe bytes[offset...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Whether a value consists of these words.
    func isSame<Value>(as value: Value) -> Bool {
        unsafe withUnsafeBytes(of: value) { bytes in
            turned.indices.allSatisfy { unsafe Self.word($0, of: bytes) == self[$0] }
        }
    }

    var count: Int { turned.count }

    subscript(index: Int) -> UInt64 { ~turned[index] }

    /// The words as they are; not to be kept.
    var plain: [UInt64] { turned.map { ~$0 } }

    var firstTurned: UInt64 { turned.first ?? 0 }

    /// Whether words that may be addresses have changed; counts and the like change often, and are small.
    func refersElsewhere(than other: HiddenWords) -> Bool {
        guard count == other.count else { return true }
        return turned.indices.contains { index in
            self[index] != other[index] && max(self[index], other[index]) >= Self.lowestAddress
        }
    }

    /// The kernel maps nothing below.
    private static let lowestAddress: UInt64 = 65_536
}

/// A value to be tracked.
struct ValueSample: Sendable {
    var words: HiddenWords
    /// The functions among the words.
    var functions: [FunctionContext]
    var isTruncated: Bool
    /// The metadata of its type in the program's text, and of the value itself.
    ///
    /// The runtime is not asked for their names here: it takes a lock, and a forked child would wait for it.
    var metadata: UInt64
    var dynamicMetadata: UInt64

    init<Value>(_ value: Value) {
        words = HiddenWords(of: value)
        metadata = Self.address(of: Value.self)
        dynamicMetadata = Self.address(of: Swift.type(of: value as Any))
        functions = FunctionContext.all(in: words, of: metadata)
        isTruncated = MemoryLayout<Value>.size > 8 * TrackedVariables.wordLimit
    }

    private static func address(of type: Any.Type) -> UInt64 {
        UInt64(UInt(bitPattern: unsafe unsafeBitCast(type, to: Int.self)))
    }
}
