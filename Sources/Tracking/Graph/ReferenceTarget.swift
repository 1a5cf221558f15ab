/// What a reference can refer to, by its static type.
package enum ReferenceTarget: Sendable, Hashable {
    case anything
    /// Any Swift object.
    case object
    /// Any block with a reference count; other words may be in the same place: these are then only words.
    case counted
    /// An instance of the class with this metadata, or of a subclass.
    case instance(of: UInt64)
    /// The storage of a collection.
    case storage(TypeKind)
}

/// The value that a word belongs to, where the word's meaning depends on the current value.
package enum WordChoice: Sendable, Hashable {
    /// A value of a protocol type, in three words; the fourth word is the value's type.
    case existential(at: UInt64)
    /// A value of the enum with this metadata, in any of its cases.
    case cases(of: UInt64, at: UInt64)

    /// Offset of the value in bytes, counted from the same start as the offsets of its words.
    var offset: UInt64 {
        switch self {
        case .existential(let offset), .cases(_, let offset): offset
        }
    }
}

/// Checks whether the target of a reference has a type that the reference allows.
///
/// If not, the word is no reference: the block has another layout, or the word is an old value.
struct TargetCheck {
    private struct Question: Hashable {
        var expected: UInt64
        var metadata: UInt64
    }

    private static let depthLimit = 64
    private var known: [Question: Bool] = [:]

    mutating func admits(_ target: HeapNode, _ type: BlockType?, as expected: ReferenceTarget) -> Bool {
        switch expected {
        case .anything: true
        case .object: type?.kind.isSwiftObject == true
        case .counted: type?.kind.isCounted == true
        case .storage(let kind): type?.kind == kind
        case .instance(let metadata): target.word0 == metadata || isSubclass(target.word0, of: metadata, type)
        }
    }

    private mutating func isSubclass(_ metadata: UInt64, of expected: UInt64, _ type: BlockType?) -> Bool {
        guard type?.kind.isSwiftObject == true else { return false }
        let question = Question(expected: expected, metadata: metadata)
        if let answer = known[question] { return answer }
        var next = metadata
        var answer = false
        for _ in 0..<Self.depthLimit {
            guard HeapMetadata.canBePointer(next), let words = SafeMemory.words(from: next, count: 2), words[0] == 0
            else { break }
            next = words[1]
            if next == expected {
                answer = true
                break
            }
        }
        known[question] = answer
        return answer
    }
}
