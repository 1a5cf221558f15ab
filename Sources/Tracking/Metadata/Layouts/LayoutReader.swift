/// Layouts by metadata.
///
/// One caller at a time. Nothing here is shown to the runtime before `HeapMetadata` found a valid record.
struct LayoutReader {
    /// What a layout depends on besides the metadata.
    struct Key: Hashable {
        var metadata: UInt64
        /// Of a dictionary or set the scale, of an error its type, of a class whether the block has a tail.
        var variant: UInt64
    }

    /// Which word of a block its layout depends on.
    enum Variant {
        case none
        /// Instances of this size; longer blocks have a tail.
        case tail(instanceSize: UInt64)
        case scale, errorType
    }

    /// Parts that failed the self-test: conservative.
    private(set) var disabled: Set<LayoutPart> = []
    /// Why; empty when everything is as expected.
    private(set) var problems: [String] = []
    private var known = BoundedCache<Key, BlockLayout?>(capacity: 16_384)

    init() {}

    /// Forgets every layout: metadata may be gone with an image, and other data in its place.
    mutating func invalidate() {
        known.removeAll()
    }

    /// Reads a part conservatively from now on.
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

    /// Nil where words are only known to be words.
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
        // Objects of CoreFoundation in the place of instances: what stands there is no field of the class.
        case .class where type.name.hasPrefix("Foundation._NSCF"): nil
        default:
            ClassLayout.layout(of: key.metadata, instanceSize: size, hasTail: key.variant != 0, without: disabled)?
                .owningPointers(type.name.hasPrefix("Dispatch."))
        }
    }
}

extension BlockLayout {
    /// The classes of the overlay own the objects of libdispatch that they wrap, by plain pointers.
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
