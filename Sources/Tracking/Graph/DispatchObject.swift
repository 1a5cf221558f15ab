/// The contents of a libdispatch object; the object's type is named by its table of functions.
///
/// The layout is that of 64-bit Linux (swift-corelibs-libdispatch: src/object_internal.h, queue_internal.h,
/// source_internal.h, semaphore_internal.h): table, two counts, next object, target queue, context, finalizer.
struct DispatchObject {
    let type: BlockType
    let layout: BlockLayout?

    // Offset of the state in queues and sources.
    static let sourceStateOffset: UInt64 = 88
    static let sourceType = BlockType(name: "dispatch source", kind: .dispatch)

    private static let kinds: [UInt64: (name: String, fields: [BlockLayout.Field]?)] = [
        0x101: ("semaphore", header), 0x201: ("group", header + group), 0x113: ("source", header + queue),
        0x111: ("queue", header + queue), 0x211: ("queue", header + queue), 0x2_0012: ("workloop", nil),
        0x102: ("data", nil), 0x3: ("io", nil), 0x4: ("operation", nil), 0x5: ("disk", nil),
    ]
    private static let header = [
        word(16, .unmanaged, "next"), word(24, .strong, "target queue"), word(32, .unmanaged, "context"),
    ]
    private static let queue = [
        word(48, .unmanaged, "last item"), word(sourceStateOffset, .strong, "state", .anything),
        word(104, .strong, "items", .anything),
    ]
    private static let group = [
        word(56, .strong, "notification", .anything), word(64, .unmanaged, "last notification"),
    ]

    /// Whether the second word of a block can be an object's two counts, which are small; −1 stands for no count.
    static func canBegin(_ node: HeapNode) -> Bool {
        func canBeCount(_ count: UInt64) -> Bool { count < 1 << 24 || count == 0xFFFF_FFFF }
        return node.size >= 48 && canBeCount(node.word1 & 0xFFFF_FFFF) && canBeCount(node.word1 >> 32)
    }

    /// - Parameters:
    ///   - vtable: The first word of a block.
    ///   - isImage: Whether an address lies in a loaded image.
    init?(vtable: UInt64, isImage: (UInt64) -> Bool) {
        // A table has two functions, the number of the type, and its name.
        guard isImage(vtable), let words = SafeMemory.words(from: vtable, count: 4), isImage(words[0]),
            isImage(words[1]), isImage(words[3]), let kind = Self.kinds[words[2]]
        else { return nil }
        // A prefix is compared: "queue_serial" and "queue_concurrent" are queues.
        let text = SafeMemory.bytes(from: words[3], upTo: 16).prefix { $0 != 0 }
        guard text.starts(with: kind.name.utf8.prefix(kind.name.utf8.count)) || kind.fields == nil else { return nil }
        type = BlockType(name: "dispatch " + kind.name, kind: .dispatch)
        layout = kind.fields.map { BlockLayout(knowing: $0) }
    }

    private static func word(
        _ offset: UInt64,
        _ kind: EdgeKind,
        _ name: String,
        _ target: ReferenceTarget = .counted
    ) -> BlockLayout.Field {
        BlockLayout.Field(offset: offset, kind: kind, name: name, target: kind == .strong ? target : .anything)
    }
}

extension BlockLayout {
    /// A layout with known fields of a block of C, and words of unknown meaning between and behind them.
    init(knowing fields: [Field]) {
        let end = (fields.last?.offset ?? 0) + 8
        let others = stride(from: 0, to: end, by: 8).filter { offset in !fields.contains { $0.offset == offset } }
            .map { Field(offset: $0, kind: .conservative, name: "") }
        self.init(fields: (fields + others).sorted { $0.offset < $1.offset }, tail: .conservative(from: end))
    }
}
