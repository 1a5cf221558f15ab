/// The compiler's own types, from which all other types are made.
enum Builtin {
    case object, pointer, number
    /// A type of known size and unknown content: an executor, a job, a continuation.
    case opaque
    /// The queue of a default actor: jobs of the runtime, and words of jobs that ended; it owns none of them.
    case actorQueue

    private static let objects = ["Bo", "Bb", "BO"]
    private static let numbers = ["Bi", "Bf", "Bw", "BI", "Bv"]

    /// The number of whole words in an integer type, given by its mangled name; 0 for other types.
    static func words(mangled: String) -> UInt64 {
        switch mangled {
        case "Bw", "Bi64_": 1
        case "Bi128_": 2
        default: 0
        }
    }

    /// Finds the type by its mangled name; nil for other types.
    init?(mangled: String) {
        guard mangled.hasPrefix("B"), !mangled.hasSuffix("G"), !mangled.hasSuffix("Sg"), !mangled.hasSuffix("_t") else {
            return nil
        }
        if Self.objects.contains(mangled) {
            self = .object
        } else if mangled == "Bp" {
            self = .pointer
        } else if Self.numbers.contains(where: mangled.hasPrefix) {
            self = .number
        } else if mangled == "BD" {
            self = .actorQueue
        } else if mangled.count == 2 {
            self = .opaque
        } else {
            return nil
        }
    }

    /// Finds the type by the runtime's name for it; nil for other types.
    init?(name: String) {
        guard name.hasPrefix("Builtin.") else { return nil }
        switch name.dropFirst(8) {
        case "NativeObject", "BridgeObject", "UnknownObject", "AnyObject": self = .object
        case "RawPointer": self = .pointer
        case "DefaultActorStorage": self = .actorQueue
        case let rest where rest.hasPrefix("Int") || rest.hasPrefix("FP") || rest == "Word": self = .number
        default: self = .opaque
        }
    }
}
