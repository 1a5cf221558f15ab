internal import CMemscope

/// The words of a value, and its type, without a reference to anything.
struct ValueSample: Sendable {
    var words: [UInt64]
    /// The functions among the words.
    var functions: [FunctionContext]
    var isTruncated: Bool
    var type: String
    var dynamicType: String
    var metadata: UInt64

    init<Value>(_ value: Value) {
        words = Self.words(of: value)
        let address = UInt64(UInt(bitPattern: unsafe unsafeBitCast(Value.self as Any.Type, to: Int.self)))
        metadata = address
        functions = FunctionContext.all(in: words, of: address)
        isTruncated = MemoryLayout<Value>.size > 8 * TrackedVariables.wordLimit
        type = _typeName(Value.self)
        dynamicType = _typeName(Swift.type(of: value))
    }

    /// The words of a value; a last half word is left out, because it refers to nothing.
    static func words<Value>(of value: Value) -> [UInt64] {
        unsafe withUnsafeBytes(of: value) { bytes in
            (0..<min(bytes.count / 8, TrackedVariables.wordLimit)).map {
                unsafe bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)
            }
        }
    }

    /// Whether values of a type may refer to blocks; false for numbers and the like, which change often.
    static func mayRefer<Value>(_ type: Value.Type) -> Bool { !_isPOD(type) || type is any _Pointer.Type }

    /// Whether the words of a value are still these.
    static func isSame<Value>(_ words: [UInt64], as value: Value) -> Bool {
        unsafe withUnsafeBytes(of: value) { bytes in
            words.indices.allSatisfy {
                unsafe bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) == words[$0]
            }
        }
    }
}
