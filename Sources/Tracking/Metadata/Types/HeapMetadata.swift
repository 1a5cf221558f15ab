/// The checked record that the first word of a Swift object points to.
///
/// The record formats are those of the Swift 6 runtime on 64-bit Linux (swift: include/swift/ABI/Metadata.h,
/// MetadataKind.def). There is no promise that they stay the same: `TypeReader` tests itself against live objects
/// before it trusts any of this.
enum HeapMetadata {
    /// A class; its instances have at least `instanceSize` bytes.
    case object(instanceSize: UInt64)
    /// A closure context, or a box whose layout the compiler knew: the two have the same form.
    case captures(descriptor: UInt64, offset: UInt64)
    /// A box made by the runtime, for a value of the type with this metadata.
    case genericBox(valueType: UInt64, offset: UInt64)
    case error, task, job

    /// Every heap object begins with its metadata and its reference counts.
    static let headerSize: UInt64 = 16

    private static let tupleDepthLimit = 4

    // 16 is the flag value of a class, 17 of a struct, 18 of an enum.
    private static let classFlag: Int32 = 16
    private static let valueFlags: ClosedRange<Int32> = 17...18

    /// The size of the smallest block that can begin with this metadata.
    var minimumSize: UInt64 {
        switch self {
        case .object(let instanceSize): max(instanceSize, Self.headerSize)
        case .captures(_, let offset): max(offset, Self.headerSize)
        case .genericBox, .task, .job: Self.headerSize
        case .error: 32
        }
    }

    /// Reads and checks a metadata record; it never calls the runtime.
    ///
    /// Data that only looks like metadata would need, at the right offsets, a destructor and a descriptor inside of
    /// loaded images, and a plausible size.
    ///
    /// - Parameters:
    ///   - pointer: Any word.
    ///   - isImage: Whether an address lies in a loaded image.
    init?(at pointer: UInt64, isImage: (UInt64) -> Bool) {
        guard Self.canBePointer(pointer), let words = SafeMemory.words(from: pointer - 16, count: 8) else { return nil }
        let destructor = words[0]
        switch words[2] {
        case 0:
            guard isImage(destructor), isImage(words[1]), let size = Self.instanceSize(words, isImage) else {
                return nil
            }
            self = .object(instanceSize: size)
        case 0x400:
            let offset = words[3] & 0xFFFF_FFFF
            guard isImage(destructor), isImage(pointer), words[4] == 0 || isImage(words[4]) else { return nil }
            guard (16...4096).contains(offset) else { return nil }
            self = .captures(descriptor: words[4], offset: offset)
        case 0x500:
            guard isImage(destructor), Self.canBePointer(words[4]) else { return nil }
            self = .genericBox(valueType: words[4], offset: words[3] & 0xFFFF_FFFF)
        case 0x501 where isImage(pointer): self = .error
        case 0x502 where isImage(pointer): self = .task
        case 0x503 where isImage(pointer): self = .job
        default: return nil
        }
    }

    /// Whether the runtime may be given this metadata of a value's type: a struct, an enum, an optional or a class.
    ///
    /// Other types are rare in boxes, and cannot be distinguished from random data.
    static func isNominal(_ pointer: UInt64, isImage: (UInt64) -> Bool) -> Bool {
        guard canBePointer(pointer), let words = SafeMemory.words(from: pointer - 8, count: 3) else { return false }
        if words[1] == 0 {
            if case .object = HeapMetadata(at: pointer, isImage: isImage) { return true }
            return false
        }
        guard (0x200...0x202).contains(words[1]) else { return false }
        return ContextDescriptor.isSound(words[2], kinds: valueFlags, isImage: isImage)
    }

    /// Whether the runtime may be given the type of an existential's value.
    ///
    /// Types without a name have their witnesses in an image. Those of tuples are made by the runtime, so the elements
    /// of a tuple are checked instead.
    static func isValueType(_ pointer: UInt64, isImage: (UInt64) -> Bool, depth: Int = 0) -> Bool {
        if isNominal(pointer, isImage: isImage) { return true }
        guard depth < tupleDepthLimit, canBePointer(pointer), let words = SafeMemory.words(from: pointer - 8, count: 3)
        else { return false }
        if (0x302...0x307).contains(words[1]) { return isImage(words[0]) }
        guard words[1] == 0x301, (1...64).contains(words[2]),
            let elements = SafeMemory.words(from: pointer + 24, count: Int(words[2]) * 2)
        else { return false }
        return stride(from: 0, to: elements.count, by: 2).allSatisfy {
            isValueType(elements[$0], isImage: isImage, depth: depth + 1)
        }
    }

    /// Whether a word can be the address of a function.
    static func canBeCode(_ word: UInt64) -> Bool { word >= 0x1_0000 && word < 1 << 47 }

    static func canBePointer(_ word: UInt64) -> Bool {
        word & 7 == 0 && word >= 0x1_0000 && word < 1 << 47
    }

    /// The size of a class' instances; nil when the record is not that of a class.
    ///
    /// `words` begin 16 bytes before the address point.
    private static func instanceSize(_ words: [UInt64], _ isImage: (UInt64) -> Bool) -> UInt64? {
        let superclass = words[3]
        let descriptor = words[7]
        let size = words[5] & 0xFFFF_FFFF
        let alignmentMask = (words[5] >> 32) & 0xFFFF
        let classSize = words[6] & 0xFFFF_FFFF
        let addressPoint = words[6] >> 32
        guard superclass == 0 || canBePointer(superclass), size >= 16, addressPoint >= 16, classSize > addressPoint,
            alignmentMask & (alignmentMask + 1) == 0,
            ContextDescriptor.isSound(descriptor, kinds: classFlag...classFlag, isImage: isImage)
        else { return nil }
        return size
    }
}
