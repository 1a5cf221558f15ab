/// The names of one image: its file, and its separate debug file where there is one.
///
/// All addresses are the file's own, without load bias.
final class SymbolFile {
    let elf: ElfFile
    private let debugElf: ElfFile?
    private let table: SymbolTable?
    // Declared behind the files, whose bytes it reads.
    private let debugInfo: DebugInfo?

    // The path is where the file lies, for a separate debug file is looked for beside it.
    init(_ elf: ElfFile, at path: String) {
        let debugElf = elf.debugInfo == .readable ? nil : DebugFile.find(for: elf, at: path)?.elf
        self.elf = elf
        self.debugElf = debugElf
        table = SymbolFile.named(elf, debugElf).symbols()
        debugInfo = DebugInfo(debugElf ?? elf)
    }

    /// What runs at an address, innermost inlined call first.
    ///
    /// The function itself has its linker's name if its symbol is there, as debuggers do:
    /// DWARF knows one function for code that the linker shared between several. Empty when
    /// neither symbols nor DWARF know the address.
    func frames(at address: UInt64) -> [RawFrame] {
        var frames = debugInfo?.frames(at: address) ?? []
        guard let symbol = symbol(at: address) else { return frames.last?.name == nil ? [] : frames }
        if frames.isEmpty { return [RawFrame(name: symbol, source: SourceLine(), isInlined: false)] }
        frames[frames.count - 1].name = symbol
        return frames
    }

    /// The innermost symbol that covers an address, as the linker names it.
    func symbolName(at address: UInt64) -> String? {
        table?.covering(address).first.flatMap(namesOfSymbols.name)
    }

    /// Where a function begins that the linker names so; nil when the file names none.
    func start(ofFunction name: String) -> UInt64? {
        table?.first { namesOfSymbols.name($0) == name }?.start
    }

    private var namesOfSymbols: ElfFile { Self.named(elf, debugElf) }

    private static func named(_ elf: ElfFile, _ debugElf: ElfFile?) -> ElfFile {
        guard let debugElf, debugElf.symbolKind > elf.symbolKind else { return elf }
        return debugElf
    }

    /// Of several names for one start the most public: `sigaction` and not `__sigaction`.
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
