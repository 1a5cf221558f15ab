/// Tells what live blocks are from their first words. Confined to one thread.
///
/// A word is shown to the runtime only after `HeapMetadata` found a valid record behind
/// it. A block that begins like an object and is none would need the address of a class,
/// then plausible reference counts, in memory of at least an instance's size: memory of a
/// freed object that was not yet written to can look so behind an allocator that leaves
/// freed memory as it was (glibc's does not).
struct TypeReader {
    private static let chunkSize = 65_536
    private static let forbidden = """
        the kernel forbids process_vm_readv, with which blocks are read; \
        a container's seccomp profile may have to allow it
        """

    /// Nil while types can be read.
    var unavailableReason: String?
    private var known = BoundedCache<UInt64, KnownType>(capacity: 16_384)

    /// A type by its metadata.
    private struct KnownType {
        var type: BlockType
        var minimumSize: UInt64
        var isError: Bool
    }

    /// A block that begins with metadata; whether it is an object its second word tells.
    private struct Candidate {
        var block: Int
        var address: UInt64
        var place: Int32
        var isError: Bool
    }

    init() {}

    /// Forgets every type: metadata may be gone with an image, and other data in its place.
    mutating func invalidate() {
        known.removeAll()
    }

    /// Classifies blocks.
    ///
    /// - Parameters:
    ///   - blocks: In any order; fastest ascending by address. They may be freed meanwhile.
    ///   - isImage: Whether an address lies in a loaded image.
    ///   - moduleOfSite: The image whose code allocated at a site; asked once per site.
    /// - Returns: A type for each block; all `unknown` when types cannot be read.
    mutating func classify(
        _ blocks: [Block], isImage: @escaping (UInt64) -> Bool, moduleOfSite: @escaping (UInt32) -> String
    ) -> BlockTypes {
        var census = Census(blocks: blocks, isImage: isImage, moduleOfSite: moduleOfSite)
        guard unavailableReason == nil else { return census.allUnknown() }
        let order = Self.ascending(blocks)
        for start in stride(from: 0, to: blocks.count, by: Self.chunkSize) {
            let chunk = order[start..<min(start + Self.chunkSize, blocks.count)]
            guard classify(chunk, in: &census) else {
                unavailableReason = Self.forbidden
                return census.allUnknown()
            }
        }
        return census.result
    }

    /// Positions of blocks in the order of their addresses.
    private static func ascending(_ blocks: [Block]) -> [Int] {
        let isSorted = zip(blocks, blocks.dropFirst()).allSatisfy { $0.address <= $1.address }
        return isSorted ? Array(blocks.indices) : blocks.indices.sorted { blocks[$0].address < blocks[$1].address }
    }

    /// - Returns: False when the kernel forbids reading.
    private mutating func classify(_ chunk: ArraySlice<Int>, in census: inout Census) -> Bool {
        guard let words = SafeMemory.words(at: chunk.map { census.blocks[$0].address }),
            let types = resolve(words, in: census)
        else { return false }
        let places = types.mapValues { census.place(of: $0.type) }
        var candidates: [Candidate] = []
        for (block, word) in zip(chunk, words) {
            let address = census.blocks[block].address
            if let word, let type = types[word], let place = places[word], census.blocks[block].size >= type.minimumSize {
                candidates.append(Candidate(block: block, address: address, place: place, isError: type.isError))
            } else {
                census.setModule(forBlock: block)
            }
        }
        return confirm(candidates, in: &census)
    }

    /// Gives its type to every candidate whose second word can be reference counts.
    private func confirm(_ candidates: [Candidate], in census: inout Census) -> Bool {
        guard let counts = SafeMemory.words(at: candidates.map { $0.address + 8 }) else { return false }
        for (candidate, word) in zip(candidates, counts) {
            guard let word, HeapMetadata.canBeReferenceCounts(word) else {
                census.setModule(forBlock: candidate.block)
                continue
            }
            if candidate.isError, let type = Self.errorType(at: candidate.address, isImage: census.isImage) {
                census.set(type, forBlock: candidate.block)
            } else {
                census.setPlace(candidate.place, forBlock: candidate.block)
            }
        }
        return true
    }

    /// The types behind those of some words that are metadata.
    private mutating func resolve(_ words: [UInt64?], in census: Census) -> [UInt64: KnownType]? {
        var types: [UInt64: KnownType] = [:]
        var pending: Set<UInt64> = []
        for case let word? in words where HeapMetadata.canBePointer(word) {
            guard types[word] == nil, !pending.contains(word) else { continue }
            if let type = known.value(for: word) { types[word] = type } else { pending.insert(word) }
        }
        guard let metadata = Self.plausible(pending.sorted(), in: census) else { return nil }
        for word in metadata {
            guard let type = Self.read(word, isImage: census.isImage) else { continue }
            known.insert(type, for: word)
            types[word] = type
        }
        return types
    }

    /// Those addresses that begin like metadata, by two reads for all of them together.
    private static func plausible(_ addresses: [UInt64], in census: Census) -> [UInt64]? {
        let readable = census.mapped?.readable(addresses) ?? addresses
        guard let kinds = SafeMemory.words(at: readable) else { return nil }
        let possible = zip(readable, kinds).filter { $1.map(HeapMetadata.kinds.contains) ?? false }
        guard let descriptors = SafeMemory.words(at: possible.map { $0.0 + HeapMetadata.descriptorOffset }) else {
            return nil
        }
        return zip(possible, descriptors).compactMap { entry, descriptor in
            // Lists of C begin with a null often: only a class has a descriptor there, too.
            entry.1 != 0 || census.isImage(descriptor ?? 0) ? entry.0 : nil
        }
    }

    private static func read(_ metadata: UInt64, isImage: (UInt64) -> Bool) -> KnownType? {
        guard let record = HeapMetadata(at: metadata, isImage: isImage) else { return nil }
        var isError = false
        let type: BlockType
        switch record {
        case .object: type = TypeNames.blockType(ofClass: TypeNames.runtimeName(metadata))
        case .captures(let descriptor, _): type = TypeNames.blockType(of: CaptureDescriptor(at: descriptor))
        case .genericBox(let value): type = TypeNames.box(of: name(ofValue: value, isImage: isImage))
        case .error:
            type = BlockType(name: "error box", kind: .error)
            isError = true
        case .task: type = BlockType(name: "Task", kind: .task)
        case .job: type = BlockType(name: "Job", kind: .task)
        }
        return KnownType(type: type, minimumSize: record.minimumSize, isError: isError)
    }

    /// The third word of an error box is the metadata of the error in it.
    private static func errorType(at address: UInt64, isImage: (UInt64) -> Bool) -> BlockType? {
        guard let metadata = SafeMemory.word(at: address + 16), let name = name(ofValue: metadata, isImage: isImage) else {
            return nil
        }
        return BlockType(name: "error box (" + name + ")", kind: .error)
    }

    private static func name(ofValue metadata: UInt64, isImage: (UInt64) -> Bool) -> String? {
        guard HeapMetadata.isNominal(metadata, isImage: isImage) else { return nil }
        return TypeNames.readable(TypeNames.runtimeName(metadata))
    }
}
