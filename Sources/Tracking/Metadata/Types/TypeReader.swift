/// The type that belongs to some metadata.
struct KnownType {
    var type: BlockType
    /// The size of the smallest block that can begin with this metadata.
    var minimumSize: UInt64
    /// Whether the third word of a block gives a more exact type.
    var isError = false
}

/// Finds the types of live blocks from their first words.
///
/// It serves one caller at a time. A word is given to the runtime only after `HeapMetadata` found a valid record at its
/// address. A block that begins like an object but is none would need the address of a class, then plausible reference
/// counts, and at least an instance's size. Memory of a freed object that was not yet overwritten can have this form,
/// if the allocator leaves freed memory unchanged (glibc's does not).
struct TypeReader {
    static let forbidden = """
        the kernel forbids process_vm_readv, with which blocks are read; \
        a container's seccomp profile may have to allow it
        """

    /// Why types cannot be read; nil while they can be read.
    var unavailableReason: String?
    private var known = BoundedCache<UInt64, KnownType>(capacity: 16_384)

    init() {}

    /// Drops every type: an unloaded image takes its metadata along, and other data may come to the same addresses.
    mutating func invalidate() {
        known.removeAll()
    }

    /// Finds the types of blocks.
    ///
    /// - Parameters:
    ///   - blocks: In any order; fastest when ascending by address. Blocks may be freed meanwhile.
    ///   - isImage: Whether an address lies in a loaded image.
    ///   - moduleOfSite: The image whose code allocated at a site; called once per site.
    /// - Returns: A type for each block; all are `unknown` when types cannot be read.
    mutating func classify(
        _ blocks: [Block],
        isImage: (UInt64) -> Bool,
        moduleOfSite: @escaping (UInt32) -> String
    ) -> BlockTypes {
        var census = Census(count: blocks.count, moduleOfSite: moduleOfSite)
        guard unavailableReason == nil else { return census.allUnknown() }
        let pages = PageReader()
        for index in blocks.indices {
            let block = blocks[index]
            guard let entry = entry(of: block, pages, isImage, in: &census) else {
                census.setModule(ofSite: block.site, forBlock: index)
                continue
            }
            if entry.isError, let word = SafeMemory.word(at: block.address + 16),
                let type = Self.errorType(of: word, isImage: isImage)
            {
                census.set(type, forBlock: index)
            } else {
                census.set(place: entry.place, forBlock: index)
            }
        }
        return census.result
    }

    /// Nil for a block that is no Swift object.
    private mutating func entry(
        of block: Block,
        _ pages: PageReader,
        _ isImage: (UInt64) -> Bool,
        in census: inout Census
    ) -> Census.Entry? {
        guard block.size >= HeapMetadata.headerSize, let (word, counts) = pages.pair(at: block.address),
            HeapMetadata.canBePointer(word), ReferenceCountWord(counts).isValid,
            let entry = census.entry(for: word, read: { type(of: $0, isImage) }), block.size >= entry.minimumSize
        else { return nil }
        return entry
    }

    /// The type of blocks that begin with a word; nil when the word is no metadata.
    mutating func type(of metadata: UInt64, _ isImage: (UInt64) -> Bool) -> KnownType? {
        if let known = known.value(for: metadata) { return known }
        guard let type = Self.read(metadata, isImage: isImage) else { return nil }
        known.insert(type, for: metadata)
        return type
    }

    /// The type of a block from its size and its first word, which was read earlier: the block may already be freed.
    mutating func type(ofFirstWord word: UInt64, size: UInt64, isImage: (UInt64) -> Bool) -> BlockType? {
        guard unavailableReason == nil, size >= HeapMetadata.headerSize, HeapMetadata.canBePointer(word),
            let known = type(of: word, isImage), size >= known.minimumSize
        else { return nil }
        return known.type
    }

    private static func read(_ metadata: UInt64, isImage: (UInt64) -> Bool) -> KnownType? {
        guard let record = HeapMetadata(at: metadata, isImage: isImage) else { return nil }
        let size = record.minimumSize
        switch record {
        case .object:
            return KnownType(type: TypeNames.blockType(ofClass: TypeNames.runtimeName(metadata)), minimumSize: size)
        case .captures(let descriptor, _):
            return KnownType(type: TypeNames.blockType(of: CaptureDescriptor(at: descriptor)), minimumSize: size)
        case .genericBox(let value, _):
            return KnownType(type: TypeNames.box(of: name(ofValue: value, isImage: isImage)), minimumSize: size)
        case .error:
            return KnownType(type: BlockType(name: "error box", kind: .error), minimumSize: size, isError: true)
        case .task: return KnownType(type: BlockType(name: "Task", kind: .task), minimumSize: size)
        case .job: return KnownType(type: BlockType(name: "Job", kind: .task), minimumSize: size)
        }
    }

    /// The type of an error box, given its third word, which is the metadata of the error in the box.
    static func errorType(of metadata: UInt64, isImage: (UInt64) -> Bool) -> BlockType? {
        name(ofValue: metadata, isImage: isImage).map { BlockType(name: "error box (" + $0 + ")", kind: .error) }
    }

    private static func name(ofValue metadata: UInt64, isImage: (UInt64) -> Bool) -> String? {
        guard HeapMetadata.isNominal(metadata, isImage: isImage) else { return nil }
        return TypeNames.readable(TypeNames.runtimeName(metadata))
    }
}
