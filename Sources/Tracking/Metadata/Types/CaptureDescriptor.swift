/// What a closure context or a box holds, from its capture descriptor.
///
/// Descriptor: three counts (captures, metadata sources, bindings), then per capture the
/// relative pointer to its mangled type.
struct CaptureDescriptor {
    /// Types as the runtime names them; nil for those it cannot.
    let types: [String?]
    /// Whether the first captured type is a native Swift class.
    let holdsObject: Bool

    private static let captureLimit: Int32 = 64
    private static let nameLimit = 512

    /// - Parameter address: Of a descriptor inside a loaded image.
    init?(at address: UInt64) {
        guard address != 0, let count = SafeMemory.int32(at: address), (0...Self.captureLimit).contains(count),
            let sources = SafeMemory.int32(at: address + 4)
        else { return nil }
        // With metadata sources the types depend on generic arguments kept in the context.
        var types: [String?] = Array(repeating: nil, count: Int(count))
        var holdsObject = false
        for index in types.indices where sources == 0 {
            guard let type = Self.type(at: address + 12 + 4 * UInt64(index)) else { continue }
            types[index] = type.name
            if index == 0 { holdsObject = type.isObject }
        }
        self.types = types
        self.holdsObject = holdsObject
    }

    /// Follows the relative pointer of one capture.
    private static func type(at record: UInt64) -> (name: String, isObject: Bool)? {
        guard let offset = SafeMemory.int32(at: record) else { return nil }
        let start = record &+ UInt64(bitPattern: Int64(offset))
        guard var length = mangledLength(SafeMemory.bytes(from: start, upTo: nameLimit)) else { return nil }
        // "Siz_Xx" is a box of an Int that the closure shares: a captured `var`.
        let isShared = SafeMemory.bytes(from: start, upTo: length).suffix(4).elementsEqual("z_Xx".utf8)
        if isShared { length -= 4 }
        guard let name = unsafe UnsafeRawPointer(bitPattern: UInt(start)),
            let type = unsafe _getTypeByMangledNameInContext(
                name.assumingMemoryBound(to: UInt8.self),
                UInt(length),
                genericContext: nil,
                genericArguments: nil
            )
        else { return nil }
        let readable = TypeNames.readable(_typeName(type, qualified: true))
        return (isShared ? "var " + readable : readable, !isShared && type is AnyObject.Type)
    }

    /// A mangled name ends with a zero, but references to other records stand in it as a
    /// control byte and 4 or 8 bytes of address.
    private static func mangledLength(_ bytes: ArraySlice<UInt8>) -> Int? {
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case 0: return position == 0 ? nil : position
            case 0x01...0x17: position += 5
            case 0x18...0x1F: position += 9
            default: position += 1
            }
        }
        return nil
    }
}
