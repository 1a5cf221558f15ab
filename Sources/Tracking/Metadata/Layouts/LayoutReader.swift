/// Reads layouts of blocks from their metadata.
///
/// It serves one caller at a time. No address is given to the runtime before `HeapMetadata` has found a valid record
/// there.
struct LayoutReader {
    /// The values that a layout depends on.
    struct Key: Hashable {
        var metadata: UInt64
        /// For a dictionary or set, the scale; for an error, its type; for a class, whether the block has a tail.
        var variant: UInt64
    }

    /// What a block's layout depends on besides the metadata.
    enum Variant {
        case none
        /// The size of the instances; longer blocks have a tail.
        case tail(instanceSize: UInt64)
        case scale, errorType
    }

    /// The parts that failed the self-test; they are read conservatively.
    private(set) var disabled: Set<LayoutPart> = []
    /// Why each of these parts failed; empty when the runtime is as expected.
    private(set) var problems: [String] = []
    private var known = BoundedCache<Key, BlockLayout?>(capacity: 16_384)

    init() {}

    /// Drops every layout: an unloaded image takes its metadata along, and other data may come to the same addresses.
    mutating func invalidate() {
        known.removeAll()
    }

    /// Makes the reader read a part conservatively from now on.
    mutating func disable(_ part: LayoutPart, because reason: String) {
        disabled.insert(part)
        problems.append(reason)
        invalidate()
    }

    /// What the layout of blocks with this metadata depends on.
    static func variant(of metadata: UInt64, type: BlockType, isImage: (UInt64) -> Bool) -> Variant {
        switch HeapMetadata(at: metadata, isImage: isImage) {
        case .object(let instanceSize):
            switch type.kind {
            case .class: .tail(instanceSize: instanceSize)
            case .dictionary, .set: .scale
            default: .none
            }
        case .error: .errorType
        default: .none
        }
    }

    /// The layout of blocks with this key; nil where the meaning of the words is not known.
    mutating func layout(for key: Key, type: BlockType, isImage: (UInt64) -> Bool) -> BlockLayout? {
        if let known = known.value(for: key) { return known }
        let layout = read(key, type, isImage)
        known.insert(layout, for: key)
        return layout
    }

    private func read(_ key: Key, _ type: BlockType, _ isImage: (UInt64) -> Bool) -> BlockLayout? {
        switch HeapMetadata(at: key.metadata, isImage: isImage) {
        case .object(let size): object(key, type, size)
        case .captures(let descriptor, let offset):
            CaptureLayout.layout(descriptor: descriptor, offset: offset, without: disabled)
        case .genericBox(let value, let offset):
            HeapMetadata.isNominal(value, isImage: isImage)
                ? CaptureLayout.box(of: value, at: offset, without: disabled) : nil
        case .error:
            HeapMetadata.isNominal(key.variant, isImage: isImage)
                ? CaptureLayout.error(of: key.variant, without: disabled) : nil
        case .task, .job, nil: nil
        }
    }

    private func object(_ key: Key, _ type: BlockType, _ size: UInt64) -> BlockLayout? {
        switch type.kind {
        case .array: StorageLayout.array(key.metadata, without: disabled)
        case .dictionary: StorageLayout.dictionary(key.metadata, scale: key.variant, without: disabled)
        case .set: StorageLayout.set(key.metadata, scale: key.variant, without: disabled)
        case .string where type.name == TypeNames.string: StorageLayout.string()
        // CoreFoundation's objects in place of instances: their words are no fields of the class.
        case .class where type.name.hasPrefix("Foundation._NSCF"): nil
        default:
            ClassLayout.layout(of: key.metadata, instanceSize: size, hasTail: key.variant != 0, without: disabled)?
                .owningPointers(type.name.hasPrefix("Dispatch."))
        }
    }
}

extension BlockLayout {
    /// Makes plain pointers strong where they own their target, as in the overlay's classes that wrap objects of
    /// libdispatch.
    fileprivate func owningPointers(_ areOwned: Bool) -> BlockLayout {
        guard areOwned else { return self }
        var layout = self
        for index in fields.indices where fields[index].kind == .unmanaged {
            layout.fields[index].kind = .strong
            layout.fields[index].target = .counted
        }
        return layout
    }
}
