/// The names of what the capture core only knows by number: code, images, threads, types.
///
/// It reads files and asks the Swift runtime, so it may take long and never runs on the
/// hook path.
//
// `@unchecked Sendable`: nothing here locks, and nothing belongs to a thread. One caller at a
// time: whoever shares it holds a lock around every call.
package final class MetadataStore: @unchecked Sendable {
    private var imageTable = ImageTable()
    private var registry = ThreadRegistry()
    private var readers = MetadataReaders(types: TypeReader(), layouts: LayoutReader())
    private let symbolizer = Symbolizer()
    private var namesOfImages: [ImageKey: ImageNames] = [:]

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

    /// Notes images and threads that came and went.
    ///
    /// Call it before naming anything new.
    package func refresh() {
        registry.refresh()
        let unloaded = imageTable.refresh()
        guard !unloaded.isEmpty else { return }
        symbolizer.detach(unloaded)
        for image in unloaded { namesOfImages[ImageKey(image)] = nil }
        readers.types.invalidate()
        readers.layouts.invalidate()
    }

    /// Every image that is or was mapped, as far as the core remembers them; the program first.
    package var images: [Image] { imageTable.images }

    /// Where the names of each mapped image come from; their files are read once.
    package func namesOfMappedImages() -> [Image: ImageNames] {
        let mapped = images.filter { $0.unloadedAt == nil }
        ImageNames.add(mapped.filter { namesOfImages[ImageKey($0)] == nil }, to: &namesOfImages)
        let pairs = mapped.compactMap { image in namesOfImages[ImageKey(image)].map { (image, $0) } }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The image that covers an address now; nil when none is known to.
    package func image(containing address: UInt64) -> Image? {
        imageTable.image(containing: address)
    }

    /// Threads that allocated, ascending by id.
    package var threads: [ThreadRecord] { registry.threads }

    package func thread(_ id: UInt32) -> ThreadRecord? { registry.thread(id) }

    /// Distinct addresses that got a name, and those that did not.
    package var symbolCounts: (resolved: UInt64, unresolved: UInt64) {
        (symbolizer.resolved, symbolizer.unresolved)
    }

    /// Why types cannot be read; nil when they can.
    package var typesUnavailableReason: String? { readers.types.unavailableReason }

    /// Names one return address.
    ///
    /// - Parameters:
    ///   - address: As it stands in a stack: behind the call.
    ///   - time: When the stack was first seen, in nanoseconds on the monotonic clock; nil
    ///     for now. Tells images apart that followed each other at one address.
    /// - Returns: Innermost inlined call first, the function itself last; never empty.
    package func symbolize(address: UInt64, at time: UInt64? = nil) -> [Frame] {
        symbolizer.symbolize(address, in: imageTable.image(containing: address, at: time))
    }

    /// The variable of an image's data that covers an address; nil when no symbol does.
    package func variable(at address: UInt64) -> String? {
        // Read as a return address: one byte earlier.
        symbolize(address: address + 1).last.flatMap { $0.function.hasPrefix("0x") ? nil : $0.function }
    }

    /// The function that a word in memory points to, as a closure's first word does: nil when it points elsewhere.
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
    /// - Returns: At least a frame for each address, innermost first.
    package func symbolize(stack: [UInt64], at time: UInt64? = nil) -> [Frame] {
        stack.flatMap { symbolize(address: $0, at: time) }
    }

    /// Names the addresses of many stacks, each once; not to be used after the next `refresh`.
    package func places() -> StackPlaces {
        StackPlaces { address, time in
            let (image, from, until) = self.imageTable.imageAndTime(containing: address, at: time)
            return (self.symbolizer.symbolize(address, in: image), from, until)
        }
    }

    /// The image whose code wanted the memory: that of the first frame which is not part of
    /// an allocator, a C++ or a Swift runtime's allocation function, or our own hooks.
    ///
    /// - Returns: A file name without folders; "unknown" for an empty stack or code outside
    ///   of every image.
    package func allocatingModule(stack: [UInt64], at time: UInt64? = nil) -> String {
        for address in stack {
            let frames = symbolize(address: address, at: time)
            if let frame = frames.last, !AllocatorFrames.contains(frame) { return frame.image ?? "unknown" }
        }
        return stack.last.flatMap { symbolize(address: $0, at: time).last?.image } ?? "unknown"
    }

    /// Classifies blocks by what they begin with.
    ///
    /// - Parameters:
    ///   - blocks: In any order; fastest ascending by address. They may be freed meanwhile.
    ///   - moduleOfSite: The image whose code allocated at a site, as `allocatingModule`
    ///     tells; asked once per site.
    /// - Returns: A type for each block, all `unknown` when types cannot be read.
    package func classify(_ blocks: [Block], moduleOfSite: (UInt32) -> String) -> BlockTypes {
        let table = imageTable
        return withoutActuallyEscaping(moduleOfSite) { moduleOfSite in
            readers.types.classify(blocks, isImage: table.isMapped, moduleOfSite: moduleOfSite)
        }
    }

    /// What the block of a memory error was.
    ///
    /// - Parameters:
    ///   - error: The block itself may be gone, or another one's now.
    ///   - moduleOfSite: As for `classify`.
    /// - Returns: Nil when no block is known.
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
    ///   - scan: Its nodes and edges are written to.
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

    /// Kinds of words that this runtime does not keep as expected, and that are read conservatively therefore.
    package var layoutProblems: [String] { readers.layouts.problems }

    /// Gives back the memory of open symbol files; names already found stay known.
    package func closeSymbolFiles() {
        symbolizer.closeFiles()
    }
}
