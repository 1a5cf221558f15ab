/// The contents of a closure context or a box, from its capture descriptor.
///
/// A descriptor has three counts (captures, metadata sources, bindings), then for each capture the relative pointer to
/// its mangled type.
struct CaptureDescriptor {
    struct Capture {
        var name: MangledType
        var type: any Any.Type
    }

    /// In memory order; nil for those whose type the runtime cannot name.
    let captures: [Capture?]

    private static let captureLimit: Int32 = 64

    /// - Parameter address: The address of a descriptor inside a loaded image.
    init?(at address: UInt64) {
        guard address != 0, let count = SafeMemory.int32(at: address), (0...Self.captureLimit).contains(count),
            let sources = SafeMemory.int32(at: address + 4)
        else { return nil }
        // With metadata sources, the types depend on generic arguments in the context.
        captures = (0..<Int(count)).map { index in
            guard sources == 0, let name = MangledType(relativeAt: address + 12 + 4 * UInt64(index)),
                let type = name.resolve()
            else { return nil }
            return Capture(name: name, type: type)
        }
    }

    /// The runtime's names of the types; nil for types that it cannot name.
    var types: [String?] {
        captures.map { capture in
            guard let capture else { return nil }
            let readable = TypeNames.readable(_typeName(capture.type, qualified: true))
            return capture.name.isShared ? "var " + readable : readable
        }
    }

    /// Whether the first captured type is a native Swift class.
    var holdsObject: Bool {
        guard let first = captures.first, let first else { return false }
        return !first.name.isShared && first.type is AnyObject.Type
    }
}
