/// The names of one image, from its file and from its separate debug file if there is one.
///
/// All addresses are the file's own, without load bias.
final class SymbolFile {
    let elf: ElfFile
    private let debugElf: ElfFile?
    private let table: SymbolTable?
    // Declared after the files, because it reads their bytes.
    private let debugInfo: DebugInfo?

    // The path is that of the file: a separate debug file is searched in the same folder.
    init(_ elf: ElfFile, at path: String) {
        let debugElf = elf.debugInfo == .readable ? nil : DebugFile.find(for: elf, at: path)?.elf
        self.elf = elf
        self.debugElf = debugElf
        table = SymbolFile.named(elf, debugElf).symbols()
        debugInfo = DebugInfo(debugElf ?? elf)
    }

    /// The functions at an address, innermost inlined call first.
    ///
    /// The function itself gets the linker's name if it has a symbol, as in debuggers: DWARF knows only one function
    /// for code that the linker shared between several. Empty when neither symbols nor DWARF know the address.
    func frames(at address: UInt64) -> [RawFrame] {
        var frames = debugInfo?.frames(at: address) ?? []
        guard let symbol = symbol(at: address) else { return frames.last?.name == nil ? [] : frames }
        if frames.isEmpty { return [RawFrame(name: symbol, source: SourceLine(), isInlined: false)] }
        frames[frames.count - 1].name = symbol
        return frames
    }

    /// The linker's name of the innermost symbol that contains an address.
    func symbolName(at address: UInt64) -> String? {
        table?.covering(address).first.flatMap(namesOfSymbols.name)
    }

    /// The start of the function with this linker's name; nil when the file has no such name.
    func start(ofFunction name: String) -> UInt64? {
        table?.first { namesOfSymbols.name($0) == name }?.start
    }

    private var namesOfSymbols: ElfFile { Self.named(elf, debugElf) }

    private static func named(_ elf: ElfFile, _ debugElf: ElfFile?) -> ElfFile {
        guard let debugElf, debugElf.symbolKind > elf.symbolKind else { return elf }
        return debugElf
    }

    /// The name at an address; of several names with the same start, the most public one: `sigaction`, not
    /// `__sigaction`.
    private func symbol(at address: UInt64) -> String? {
        let candidates = table?.covering(address) ?? []
        guard let best = candidates.first else { return nil }
        let equals = candidates.prefix { $0.start == best.start && $0.isLocal == best.isLocal }
        return equals.compactMap(namesOfSymbols.name).min { (Self.underscores($0), $0) < (Self.underscores($1), $1) }
    }

    private static func underscores(_ name: String) -> Int {
        name.utf8.prefix { $0 == UInt8(ascii: "_") }.count
    }
}
