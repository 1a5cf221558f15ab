/// Names code addresses.
///
/// It serves one caller at a time, because libdw's handles require it. A file is opened when one of its addresses is
/// first looked up, and the least recently used files are closed, so that memory stays bounded; names that were found
/// stay in a cache.
package final class Symbolizer {
    private struct Key: Hashable {
        var image: ImageKey
        var address: UInt64
    }

    private static let openFileLimit = 12

    private var frames = BoundedCache<Key, [Frame]>(capacity: 32_768)
    private var functions = BoundedCache<Key, Frame?>(capacity: 1_024)
    private var demangler = Demangler()
    // Least recently used first. The file is nil when it could not be opened.
    private var files: [(image: ImageKey, file: SymbolFile?)] = []

    /// The number of distinct addresses that got a name; `unresolved` counts those that did not.
    package private(set) var resolved: UInt64 = 0
    package private(set) var unresolved: UInt64 = 0

    package init() {}

    /// - Parameters:
    ///   - address: A return address. For an async function that waits in its context, the core stores the entry plus
    ///     1, which is treated as a return address.
    ///   - image: The image that contained the address; nil when none did.
    /// - Returns: Innermost inlined call first, the function itself last; never empty.
    package func symbolize(_ address: UInt64, in image: Image?) -> [Frame] {
        guard let image else { return [Frame(function: hexadecimal(address: address), address: address)] }
        let key = Key(image: ImageKey(image), address: address)
        if let known = frames.value(for: key) { return known }
        let found = lookUp(address, in: image)
        frames.insert(found, for: key)
        return found
    }

    /// Names the function that begins at an address, such as a closure's; for a forwarder, the function that it calls.
    ///
    /// - Returns: Nil when the function has no name.
    package func function(at address: UInt64, in image: Image) -> Frame? {
        let key = Key(image: ImageKey(image), address: address)
        if let known = functions.value(for: key) { return known }
        let found = lookUpFunction(address, in: image)
        functions.insert(found, for: key)
        return found
    }

    /// Closes the files of unloaded images and keeps a copy of those that were open: the files may now be deleted or
    /// rebuilt.
    package func detach(_ unloaded: [Image]) {
        let keys = Set(unloaded.map { ImageKey($0) })
        for index in files.indices where keys.contains(files[index].image) {
            guard let open = files[index].file, !open.elf.bytes.isCopy else { continue }
            let image = unloaded.first { ImageKey($0) == files[index].image }
            files[index].file = open.elf.bytes.copied().flatMap(ElfFile.init).flatMap { copy in
                image.flatMap { ImageFile.isSame(copy, as: $0) ? Self.symbols(of: $0, in: copy) : nil }
            }
        }
    }

    /// Releases the memory of every open file; names that were already found are kept.
    package func closeFiles() {
        files = []
    }

    private func lookUp(_ address: UInt64, in image: Image) -> [Frame] {
        // The call is before its return address.
        let raw = file(of: image)?.frames(at: address &- image.bias &- 1) ?? []
        guard let outermost = raw.last, outermost.name != nil else {
            unresolved += 1
            return [Frame(function: hexadecimal(address: address), image: image.name, address: address)]
        }
        resolved += 1
        return raw.map { frame in
            Frame(
                function: frame.name.map { demangler.name($0) } ?? hexadecimal(address: address),
                file: frame.source.file,
                line: frame.source.line,
                image: image.name,
                address: address,
                isInlined: frame.isInlined
            )
        }
    }

    private static func symbols(of image: Image, in elf: ElfFile) -> SymbolFile {
        SymbolFile(elf, at: image.filePath)
    }

    func file(of image: Image) -> SymbolFile? {
        let key = ImageKey(image)
        if let index = files.lastIndex(where: { $0.image == key }) {
            files.append(files.remove(at: index))
        } else {
            if files.count >= Self.openFileLimit { files.removeFirst() }
            files.append((key, ImageFile.open(image).map { Self.symbols(of: image, in: $0) }))
        }
        return files[files.count - 1].file
    }
}
