internal import CMemscope

/// Gives each node its type; it reads each distinct first word once.
struct NodeTyper {
    /// What is known about the blocks that begin with a given word.
    private struct Entry {
        var type: BlockType
        var minimumSize: UInt64
        var variant: LayoutReader.Variant
        /// The place of the type if all its blocks have one layout.
        var place: UInt32
    }

    /// The words that were looked up last, each in a slot of its own: most look-ups need only two comparisons.
    private struct Slot {
        var word: UInt64 = 0
        /// The sizes of blocks that have this place; blocks of other sizes need the full look-up.
        var sizes: Range<UInt64> = 0..<0
        var place: UInt32 = 0
    }

    private struct CKey: Hashable {
        var type: BlockType
        var size: UInt64
    }

    private static let slotCount = 1 << 12
    /// The number of distinct words remembered at most; words that are no metadata are remembered too, because they
    /// repeat.
    private static let wordLimit = 1 << 16

    private(set) var types: [BlockType] = []
    private(set) var layouts: [BlockLayout?] = []
    private var entries: [Entry?] = []
    private var slots = [Slot](repeating: Slot(), count: slotCount)
    private var places: [UInt64: Int] = [:]
    private var variants: [LayoutReader.Key: UInt32] = [:]
    private var placeOfSite: [UInt32: UInt32] = [:]
    private var framesOfSite: [UInt32: UInt32] = [:]
    private var placeOfC: [CKey: UInt32] = [:]
    private var dispatchObjects: [UInt64: DispatchObject?] = [:]

    private let memory: ScanMemory
    private var readers: MetadataReaders
    let isImage: (UInt64) -> Bool
    private let moduleOfSite: (UInt32) -> String
    private let framesWord = mscope_scan_frames_word()

    init(
        memory: ScanMemory,
        readers: MetadataReaders,
        isImage: @escaping (UInt64) -> Bool,
        moduleOfSite: @escaping (UInt32) -> String
    ) {
        self.memory = memory
        self.readers = readers
        self.isImage = isImage
        self.moduleOfSite = moduleOfSite
    }

    /// Reads values of the scan, using the layouts known here.
    var choiceReader: ChoiceReader {
        ChoiceReader(memory, without: readers.layouts.disabled, isImage: isImage)
    }

    /// The index of a node's type in `types`.
    mutating func place(of node: HeapNode) -> UInt32 {
        guard node.size >= HeapMetadata.headerSize, HeapMetadata.canBePointer(node.word0) else {
            return placeOfModule(node.site)
        }
        if node.word0 == framesWord { return placeOfFrames(node.site) }
        guard ReferenceCountWord(node.word1).isValid else { return placeOfForeign(node) }
        let slot = slots[Self.slot(of: node.word0)]
        if slot.word == node.word0, slot.sizes.contains(node.size) { return slot.place }
        let index = places[node.word0] ?? read(node.word0)
        guard let entry = entries[index], node.size >= entry.minimumSize else { return placeOfForeign(node) }
        remember(entry, for: node.word0)
        switch entry.variant {
        case .none: return entry.place
        case .tail(let instanceSize):
            guard node.size >= Self.tailSize(instanceSize) else { return entry.place }
            return place(of: entry.type, variant: instanceSize, of: node)
        case .scale:
            let scale = memory.word(at: node.address + StorageLayout.scaleOffset).map { $0 & 0xFF } ?? 0xFF
            return place(of: entry.type, variant: scale, of: node)
        case .errorType:
            guard let type = memory.word(at: node.address + 16) else { return entry.place }
            let error = TypeReader.errorType(of: type, isImage: isImage)
            return place(of: error ?? entry.type, variant: type, of: node)
        }
    }

    /// The index of a type that has no metadata; `size` distinguishes several layouts of one type.
    mutating func place(ofC type: BlockType, size: UInt64 = 0, layout: () -> BlockLayout? = { nil }) -> UInt32 {
        let key = CKey(type: type, size: size)
        if let known = placeOfC[key] { return known }
        let place = add(type, layout())
        placeOfC[key] = place
        return place
    }

    /// Finds the type of block literals and libdispatch objects, which begin with a pointer too; for other blocks, only
    /// the code that allocated is known.
    private mutating func placeOfForeign(_ node: HeapNode) -> UInt32 {
        if let size = BlockLiteral.size(of: node, memory, isImage: isImage) {
            return place(ofC: BlockLiteral.type, size: size) { BlockLiteral.layout(size: size) }
        }
        guard DispatchObject.canBegin(node), let object = dispatchObject(node.word0) else {
            return placeOfModule(node.site)
        }
        return place(ofC: object.type, size: 0) { object.layout }
    }

    private mutating func dispatchObject(_ vtable: UInt64) -> DispatchObject? {
        if let known = dispatchObjects[vtable] { return known }
        if dispatchObjects.count >= Self.wordLimit { dispatchObjects = [:] }
        let object = DispatchObject(vtable: vtable, isImage: isImage)
        dispatchObjects[vtable] = object
        return object
    }

    private mutating func placeOfModule(_ site: UInt32) -> UInt32 {
        if let known = placeOfSite[site] { return known }
        let place = place(ofC: BlockType(name: moduleOfSite(site), kind: .c))
        placeOfSite[site] = place
        return place
    }

    private mutating func placeOfFrames(_ site: UInt32) -> UInt32 {
        if let known = framesOfSite[site] { return known }
        let place = place(ofC: .taskFrames(of: moduleOfSite(site))) { BlockLayout.taskFrames }
        framesOfSite[site] = place
        return place
    }

    private mutating func place(of type: BlockType, variant: UInt64, of node: HeapNode) -> UInt32 {
        let key = LayoutReader.Key(metadata: node.word0, variant: variant)
        if let known = variants[key] { return known }
        let place = add(type, readers.layouts.layout(for: key, type: type, isImage: isImage))
        variants[key] = place
        return place
    }

    private mutating func remember(_ entry: Entry, for word: UInt64) {
        let sizes: Range<UInt64>
        switch entry.variant {
        case .none: sizes = entry.minimumSize..<UInt64.max
        case .tail(let instanceSize): sizes = entry.minimumSize..<max(entry.minimumSize, Self.tailSize(instanceSize))
        case .scale, .errorType: return
        }
        slots[Self.slot(of: word)] = Slot(word: word, sizes: sizes, place: entry.place)
    }

    private static func slot(of word: UInt64) -> Int {
        Int(truncatingIfNeeded: (word >> 4) ^ (word >> 16)) & (slotCount - 1)
    }

    /// Blocks of this size and above have words behind the instance; smaller differences come from rounding.
    private static func tailSize(_ instanceSize: UInt64) -> UInt64 { (instanceSize + 7) & ~7 + 8 }

    private mutating func read(_ word: UInt64) -> Int {
        if places.count >= Self.wordLimit { places = [:] }
        let index = entries.count
        places[word] = index
        guard readers.types.unavailableReason == nil, let known = readers.types.type(of: word, isImage) else {
            entries.append(nil)
            return index
        }
        let variant = LayoutReader.variant(of: word, type: known.type, isImage: isImage)
        let key = LayoutReader.Key(metadata: word, variant: 0)
        var layout: BlockLayout?
        switch variant {
        case .none, .tail: layout = readers.layouts.layout(for: key, type: known.type, isImage: isImage)
        case .scale, .errorType: layout = nil
        }
        let place = add(known.type, layout)
        entries.append(Entry(type: known.type, minimumSize: known.minimumSize, variant: variant, place: place))
        return index
    }

    private mutating func add(_ type: BlockType, _ layout: BlockLayout?) -> UInt32 {
        types.append(type)
        layouts.append(layout)
        return UInt32(types.count - 1)
    }

    /// Gives back the readers with all that they learned.
    consuming func finish() -> MetadataReaders { readers }
}

/// The readers of types and layouts; they are lent to one graph at a time.
struct MetadataReaders {
    var types: TypeReader
    var layouts: LayoutReader
}
