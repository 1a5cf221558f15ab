/// The record that says where a type was declared: its parents up to its module.
///
/// The record has flags, then relative pointers to the parent and, except for extensions and anonymous contexts, to the
/// name (swift: include/swift/ABI/Metadata.h).
enum ContextDescriptor {
    private static let depthLimit = 64
    private static let nameLimit = 1024
    private static let moduleKind: Int32 = 0
    private static let namelessKinds: ClosedRange<Int32> = 1...2
    /// Protocol, opaque type, class, struct, enum.
    private static let namedKinds: Set<Int32> = [3, 4, 16, 17, 18]

    /// Whether the runtime may be given this address as a type's descriptor; the runtime follows its pointers without
    /// checks.
    static func isSound(_ descriptor: UInt64, kinds: ClosedRange<Int32>, isImage: (UInt64) -> Bool) -> Bool {
        guard let flags = flags(descriptor, isImage), kinds.contains(flags & 31) else { return false }
        var context = descriptor
        for _ in 0..<depthLimit {
            guard let kind = self.flags(context, isImage).map({ $0 & 31 }) else { return false }
            let isNamed = kind == moduleKind || namedKinds.contains(kind)
            guard isNamed ? hasName(context, isImage) : namelessKinds.contains(kind) else { return false }
            if kind == moduleKind { return true }
            guard let parent = parent(of: context) else { return false }
            context = parent
        }
        return false
    }

    private static func flags(_ descriptor: UInt64, _ isImage: (UInt64) -> Bool) -> Int32? {
        descriptor & 3 == 0 && isImage(descriptor) ? SafeMemory.int32(at: descriptor) : nil
    }

    /// The lowest bit says that the pointer leads to another pointer.
    private static func parent(of descriptor: UInt64) -> UInt64? {
        guard let offset = SafeMemory.int32(at: descriptor + 4), offset != 0 else { return nil }
        let target = descriptor + 4 &+ UInt64(bitPattern: Int64(offset & ~1))
        return offset & 1 == 0 ? target : SafeMemory.words(from: target, count: 1)?.first
    }

    private static func hasName(_ descriptor: UInt64, _ isImage: (UInt64) -> Bool) -> Bool {
        guard let offset = SafeMemory.int32(at: descriptor + 8), offset != 0 else { return false }
        let address = descriptor + 8 &+ UInt64(bitPattern: Int64(offset))
        let bytes = SafeMemory.bytes(from: address, upTo: nameLimit)
        guard isImage(address), let end = bytes.firstIndex(of: 0), end > bytes.startIndex else { return false }
        // No identifier contains control characters or spaces.
        return bytes[..<end].allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
}
