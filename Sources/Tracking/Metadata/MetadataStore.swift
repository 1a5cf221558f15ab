/// The names of things that the capture core knows by number only: code, images, threads, types.
///
/// It reads files and calls the Swift runtime, so it may take long and never runs on the hook path.
//
// `@unchecked Sendable`: there are no locks here, and no state belongs to a thread. Only one caller at a time is
// allowed: code that shares the store must hold a lock around every call.
package final class MetadataStore: @unchecked Sendable {
    private var imageTable = ImageTable()
    private var registry = ThreadRegistry()
    private var readers = MetadataReaders(types: TypeReader(), layouts: LayoutReader())
    private let symbolizer = Symbolizer()
    private var namesOfImages: [ImageKey: ImageNames] = [:]
    private var namesOfTypes: [UInt64: String] = [:]

    /// Reads images and threads, and tests the readers of types and layouts against live objects.
    package init() {
        refresh()
        guard SafeMemory.isPermitted else {
            readers.types.unavailableReason = TypeReader.forbidden
            return
        }
        let seed = Int(truncatingIfNeeded: imageTable.images.first?.start ?? 0) & 0xFFFF
        let samples = TypeReaderSamples(seed: seed)
        readers.types.unavailableReason = samples.failure(of: &readers.types, isImage: imageTable.isMapped)
        guard readers.types.unavailableReason == nil else { return }
        let table = imageTable
        LayoutSamples(seed: seed).test(&readers, isImage: table.isMapped)
    }

    /// Registers images and threads that came and went.
    ///
    /// Call it before naming anything new.
    package func refresh() {
        registry.refresh()
        let unloaded = imageTable.refresh()
        guard !unloaded.isEmpty else { return }
        symbolizer.detach(unloaded)
        for image in unloaded { namesOfImages[ImageKey(image)] = nil }
        readers.types.invalidate()
        namesOfTypes = [:]
        readers.layouts.invalidate()
    }

    /// Every image that is or was mapped and that the core still remembers; the program first.
    package var images: [Image] { imageTable.images }

    /// The source of the names for each mapped image; each file is read once.
    package func namesOfMappedImages() -> [Image: ImageNames] {
        let mapped = images.filter { $0.unloadedAt == nil }
        ImageNames.add(mapped.filter { namesOfImages[ImageKey($0)] == nil }, to: &namesOfImages)
        let pairs = mapped.compactMap { image in namesOfImages[ImageKey(image)].map { (image, $0) } }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The image that contains an address now; nil when no known image does.
    package func image(containing address: UInt64) -> Image? {
        imageTable.image(containing: address)
    }

    /// Threads that allocated, ascending by id.
    package var threads: [ThreadRecord] { registry.threads }

    package func thread(_ id: UInt32) -> ThreadRecord? { registry.thread(id) }

    /// The number of distinct addresses that got a name, and of those that did not.
    package var symbolCounts: (resolved: UInt64, unresolved: UInt64) {
        (symbolizer.resolved, symbolizer.unresolved)
    }

    /// Why types cannot be read; nil when they can.
    package var typesUnavailableReason: String? { readers.types.unavailableReason }

    /// Names one return address.
    ///
    /// - Parameters:
    ///   - address: A return address as found in a stack: the address behind the call.
    ///   - time: When the stack was first seen, in nanoseconds on the monotonic clock; nil for now. It decides between
    ///     images that had the address one after the other.
    /// - Returns: Innermost inlined call first, the function itself last; never empty.
    package func symbolize(address: UInt64, at time: UInt64? = nil) -> [Frame] {
        symbolizer.symbolize(address, in: imageTable.image(containing: address, at: time))
    }

    /// The variable in an image's data that contains an address; nil when no symbol does.
    package func variable(at address: UInt64) -> String? {
        // `symbolize` expects a return address and looks up the byte before it.
        symbolize(address: address + 1).last.flatMap { $0.function.hasPrefix("0x") ? nil : $0.function }
    }

    /// The function that a word in memory points to, such as a closure's first word; nil when the word points
    /// elsewhere.
    package func function(pointedToAt address: UInt64) -> Frame? {
        guard let code = SafeMemory.word(at: address), let image = imageTable.image(containing: code, at: nil) else {
            return nil
        }
        return symbolizer.function(at: code, in: image)
    }

    /// Names a stack.
    ///
    /// - Parameters:
    ///   - stack: Return addresses, innermost first.
    ///   - time: As for one address.
    /// - Returns: At least one frame for each address, innermost first.
    package func symbolize(stack: [UInt64], at time: UInt64? = nil) -> [Frame] {
        stack.flatMap { symbolize(address: $0, at: time) }
    }

    /// Names the addresses of many stacks, each address once; must not be used after the next `refresh`.
    package func places() -> StackPlaces {
        StackPlaces { address, time in
            let (image, from, until) = self.imageTable.imageAndTime(containing: address, at: time)
            return (self.symbolizer.symbolize(address, in: image), from, until)
        }
    }

    /// The image whose code requested the memory.
    ///
    /// It is the image of the first frame that is not part of an allocator, of an allocation function of C++ or of the
    /// Swift runtime, or of MemScope's hooks.
    ///
    /// - Returns: A file name without folders; "unknown" for an empty stack or code outside of every image.
    package func allocatingModule(stack: [UInt64], at time: UInt64? = nil) -> String {
        for address in stack {
            let frames = symbolize(address: address, at: time)
            if let frame = frames.last, !AllocatorFrames.contains(frame) { return frame.image ?? "unknown" }
        }
        return stack.last.flatMap { symbolize(address: $0, at: time).last?.image } ?? "unknown"
    }

    /// Finds the types of blocks by their first words.
    ///
    /// - Parameters:
    ///   - blocks: In any order; fastest when ascending by address. Blocks may be freed meanwhile.
    ///   - moduleOfSite: The image whose code allocated at a site, see `allocatingModule`; called once per site.
    /// - Returns: A type for each block; all are `unknown` when types cannot be read.
    package func classify(_ blocks: [Block], moduleOfSite: (UInt32) -> String) -> BlockTypes {
        let table = imageTable
        return withoutActuallyEscaping(moduleOfSite) { moduleOfSite in
            readers.types.classify(blocks, isImage: table.isMapped, moduleOfSite: moduleOfSite)
        }
    }

    /// The type of the block that a memory error is about.
    ///
    /// - Parameters:
    ///   - error: Its block may already be freed, or its memory reused for another block.
    ///   - moduleOfSite: As for `classify`.
    /// - Returns: Nil when the error has no known block.
    package func type(of error: MemoryError, moduleOfSite: (UInt32) -> String) -> BlockType? {
        guard let target = error.target else { return nil }
        let table = imageTable
        let swift = readers.types.type(ofFirstWord: target.typeWord, size: target.size, isImage: table.isMapped)
        if let swift { return swift }
        guard error.allocated.site != 0 else { return .unknown }
        return BlockType(name: moduleOfSite(error.allocated.site), kind: .c)
    }

    /// Gives the words of a scan their meaning.
    ///
    /// - Parameters:
    ///   - scan: Its nodes and edges are changed in place.
    ///   - moduleOfSite: As for `classify`.
    /// - Returns: A graph in the memory of the scan.
    package func graph(of scan: HeapScan, moduleOfSite: (UInt32) -> String) -> HeapGraph {
        let table = imageTable
        return withoutActuallyEscaping(moduleOfSite) { moduleOfSite in
            let typer = NodeTyper(
                memory: scan.memory,
                readers: readers,
                isImage: table.isMapped,
                moduleOfSite: moduleOfSite
            )
            var builder = GraphBuilder(scan, typer: typer)
            let (graph, readers) = builder.build()
            self.readers = readers
            return graph
        }
    }

    /// The words of a value that refer to blocks, ascending by offset.
    ///
    /// - Parameters:
    ///   - words: The value, or its beginning.
    ///   - type: The address of its type's metadata.
    ///   - isWhole: Whether these are all its words; otherwise some may have no known meaning.
    /// - Returns: Nil when the type cannot be read.
    package func fields(ofValue words: [UInt64], type: UInt64, isWhole: Bool) -> [BlockLayout.Field]? {
        let table = imageTable
        guard isValidType(type) else { return nil }
        var value = ValueWords(without: readers.layouts.disabled)
        value.add(type: type, at: 0, path: "", depth: 0)
        guard value.isComplete else { return nil }
        var choices = ChoiceReader(ScanMemory(), without: readers.layouts.disabled, isImage: table.isMapped)
        return unsafe words.withUnsafeBytes { bytes in
            let start = UInt64(UInt(bitPattern: bytes.baseAddress))
            let kept = value.sorted.filter { $0.offset < UInt64(8 * words.count) }
            return kept.map { field in
                if isWhole || field.choice == nil { return choices.meaning(of: field, at: start) }
                return BlockLayout.Field(offset: field.offset, kind: .conservative, name: field.name)
            }.filter { $0.kind != .ignored }
        }
    }

    /// Whether the runtime may be asked about a type, of which the program had a value.
    private func isValidType(_ type: UInt64) -> Bool {
        let table = imageTable
        return typesUnavailableReason == nil && HeapMetadata.isValueType(type, isImage: table.isMapped)
    }

    /// The name of a type, by the address of its metadata.
    package func typeName(of type: UInt64) -> String {
        if let known = namesOfTypes[type] { return known }
        guard isValidType(type) else { return "unknown type" }
        let name = TypeNames.readable(TypeNames.runtimeName(type))
        namesOfTypes[type] = name
        return name
    }

    /// Descriptions of the kinds of words that this runtime does not keep as expected; they are read conservatively.
    package var layoutProblems: [String] { readers.layouts.problems }

    /// Releases the memory of open symbol files; names that were already found are kept.
    package func closeSymbolFiles() {
        symbolizer.closeFiles()
    }
}
