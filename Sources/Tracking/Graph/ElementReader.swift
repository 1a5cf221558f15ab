/// Distinguishes the elements of a collection from old values in unused places of its storage.
struct ElementReader {
    enum Storage {
        case array, dictionary, set, string, ring

        init?(_ type: BlockType, _ layout: BlockLayout?) {
            switch type.kind {
            case _ where layout?.isRing == true: self = .ring
            case .array: self = .array
            case .dictionary: self = .dictionary
            case .set: self = .set
            case .string where type.name == TypeNames.string: self = .string
            default: return nil
            }
        }
    }

    enum Use { case used, unused, unknown }

    private let memory: ScanMemory
    private var storage: UInt64 = 0
    private var count: UInt64?
    private var ring: (storage: UInt64, capacity: UInt64, count: UInt64, first: UInt64) = (0, 0, 0, 0)

    init(_ memory: ScanMemory) {
        self.memory = memory
    }

    /// Whether the word belongs to an element that is in use.
    ///
    /// `isOnStack` says that a thread's stack refers to the storage. Storage without elements may then be about to get
    /// some: some functions of the library write the elements first and their count last.
    mutating func use(
        of word: UInt64,
        in node: HeapNode,
        _ table: KindTables.Table,
        _ storage: Storage,
        isOnStack: Bool
    ) -> Use {
        if case .string = storage { return isBreadcrumbs(word, of: node.address) }
        guard let element = table.element(ofWord: word) else { return .used }
        switch storage {
        case .array:
            guard let count = count(of: node.address) else { return .unknown }
            return element < count ? .used : count == 0 && isOnStack ? .unknown : .unused
        case .dictionary: return use(of: element, in: node, mapAt: StorageLayout.dictionaryStart)
        case .set: return use(of: element, in: node, mapAt: StorageLayout.setStart)
        case .string: return .unused
        case .ring: return isInRing(element, of: node.address)
        }
    }

    private mutating func count(of storage: UInt64) -> UInt64? {
        if self.storage != storage {
            self.storage = storage
            count = memory.word(at: storage + StorageLayout.countOffset)
        }
        return count
    }

    private mutating func isInRing(_ element: UInt64, of storage: UInt64) -> Use {
        if ring.storage != storage {
            guard let capacity = memory.word(at: storage + StorageLayout.ringStart),
                let count = memory.word(at: storage + StorageLayout.ringStart + 8),
                let first = memory.word(at: storage + StorageLayout.ringStart + 16)
            else { return .unknown }
            ring = (storage, capacity, count, first)
        }
        guard ring.count <= ring.capacity, ring.first <= ring.capacity else { return .unknown }
        guard element < ring.capacity else { return .unused }
        let distance = element >= ring.first ? element - ring.first : element + ring.capacity - ring.first
        return distance < ring.count ? .used : .unused
    }

    /// The bits of the map behind the last bucket are set, although there are no such buckets.
    private func use(of bucket: UInt64, in node: HeapNode, mapAt map: UInt64) -> Use {
        guard let scale = memory.word(at: node.address + StorageLayout.scaleOffset) else { return .unknown }
        guard bucket >> (scale & 0xFF) == 0 else { return .unused }
        guard let bits = memory.word(at: node.address + map + bucket / 64 * 8) else { return .unknown }
        return bits >> (bucket % 64) & 1 != 0 ? .used : .unused
    }

    /// A string has at most one reference: to its breadcrumbs (an index of its characters), behind the room for the
    /// characters, if a flag is set.
    private func isBreadcrumbs(_ word: UInt64, of storage: UInt64) -> Use {
        guard let capacity = memory.word(at: storage + StorageLayout.capacityOffset) else { return .unknown }
        guard capacity >> 63 != 0 else { return .unused }
        let end = StorageLayout.stringStart + capacity & 0xFFFF_FFFF_FFFF
        return word == (end + 7) / 8 ? .used : .unused
    }
}
