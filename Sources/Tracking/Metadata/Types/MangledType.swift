/// The name of a type in a reflection record: text that contains references to other records.
struct MangledType {
    /// How a variable refers to an object of the type.
    enum Ownership {
        case strong, weak, unowned, unmanaged
    }

    let ownership: Ownership
    /// Whether it is a box that a closure shares, which is a captured `var`: "Siz_Xx" for an Int.
    let isShared: Bool
    /// Whether the type is only known to a function, because it depends on the version of the runtime.
    let isAccessor: Bool
    /// A Swift function, or an optional one: two words, of which the second is its context.
    let isFunction: Bool
    /// A block, or an optional one: a reference to the block's literal.
    let isBlock: Bool
    /// A generic argument of the type that declares the field, or an optional one: "x", "q_", "q0_".
    let isGenericArgument: Bool
    /// Whether every runtime resolves the name alike: types without generic arguments of their own, and optionals of
    /// them.
    private let isSimple: Bool
    private let start: UInt64
    private let length: Int

    private static let lengthLimit = 512

    /// Follows a relative pointer; nil when it is null or points to no readable name.
    init?(relativeAt record: UInt64) {
        guard let offset = SafeMemory.int32(at: record), offset != 0 else { return nil }
        start = record &+ UInt64(bitPattern: Int64(offset))
        let bytes = SafeMemory.bytes(from: start, upTo: Self.lengthLimit)
        guard let length = Self.length(bytes) else { return nil }
        let name = bytes.prefix(length)
        isShared = name.suffix(4).elementsEqual("z_Xx".utf8)
        self.length = isShared ? length - 4 : length
        isAccessor = name.first == 0x09
        isFunction = name.last == UInt8(ascii: "c") || name.suffix(3).elementsEqual("cSg".utf8)
        isBlock = name.suffix(2).elementsEqual("XB".utf8) || name.suffix(4).elementsEqual("XBSg".utf8)
        isGenericArgument = name.first == UInt8(ascii: "x") || name.first == UInt8(ascii: "q")
        isSimple = Self.isSimple(name.prefix(self.length), at: start)
        ownership = Self.ownership(of: name.prefix(self.length))
    }

    /// The text of the name, if it contains no references.
    var text: String { String(decoding: SafeMemory.bytes(from: start, upTo: length), as: UTF8.self) }

    /// The type; nil when the runtime cannot find it.
    ///
    /// `context` is the descriptor of the type that the record belongs to, `arguments` the address of its generic
    /// arguments; 0 means none.
    func resolve(context: UInt64 = 0, arguments: UInt64 = 0) -> (any Any.Type)? {
        guard isSimple || SwiftRuntime.knows(start), let name = unsafe UnsafePointer<UInt8>(bitPattern: UInt(start))
        else { return nil }
        return unsafe _getTypeByMangledNameInContext(
            name,
            UInt(length),
            genericContext: UnsafeRawPointer(bitPattern: UInt(context)),
            genericArguments: UnsafeRawPointer(bitPattern: UInt(arguments))
        )
    }

    private static func ownership(of name: ArraySlice<UInt8>) -> Ownership {
        let suffix = Array(name.suffix(2))
        guard suffix.count == 2, suffix[0] == UInt8(ascii: "X") else { return .strong }
        switch suffix[1] {
        case UInt8(ascii: "w"): return .weak
        case UInt8(ascii: "o"): return .unowned
        case UInt8(ascii: "u"): return .unmanaged
        default: return .strong
        }
    }

    /// Whether the name consists only of direct references to descriptors and two-letter names of the standard
    /// library's types.
    private static func isSimple(_ name: ArraySlice<UInt8>, at start: UInt64) -> Bool {
        var position = name.startIndex
        while position < name.endIndex {
            if name[position] == 0x01 {
                let descriptor = SafeMemory.relative(at: start + UInt64(position - name.startIndex) + 1)
                // Bit 7: generic. Bit 17: foreign, such as an imported struct; a runtime keeps one descriptor for all
                // modules, and a runtime other than the program's has none.
                guard let flags = descriptor.flatMap(SafeMemory.int32(at:)), flags & 0x2_0080 == 0 else { return false }
                position += 5
            } else {
                guard name[position] == UInt8(ascii: "S"), position + 1 < name.endIndex,
                    name[position + 1] | 0x20 >= UInt8(ascii: "a"), name[position + 1] | 0x20 <= UInt8(ascii: "z")
                else { return false }
                position += 2
            }
        }
        return true
    }

    /// The length up to the zero that ends a mangled name; references inside of it are a control byte and 4 or 8 bytes
    /// of address.
    private static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
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
