internal import CElfutils
internal import Glibc

/// An ELF file opened by libelf: its build id, its symbols and, if present, its DWARF data.
@safe final class ElfFile {
    let bytes: FileBytes
    private let elf: OpaquePointer

    /// - Returns: Nil when the bytes are not an ELF file that libelf accepts.
    init?(_ bytes: FileBytes) {
        elf_version(UInt32(EV_CURRENT))
        let image = unsafe bytes.start.assumingMemoryBound(to: CChar.self)
        guard let elf = unsafe elf_memory(image, bytes.count) else { return nil }
        guard unsafe elf_kind(elf) == ELF_K_ELF else {
            unsafe elf_end(elf)
            return nil
        }
        self.bytes = bytes
        unsafe self.elf = unsafe elf
    }

    deinit {
        unsafe elf_end(elf)
    }

    /// The build id in hexadecimal; empty when the file has none.
    var buildID: String {
        var start: UnsafeRawPointer?
        let size = unsafe dwelf_elf_gnu_build_id(elf, &start)
        guard size > 0, let start = unsafe start else { return "" }
        return unsafe hexadecimal(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// The name of a separate debug file, and the checksum of its bytes; nil when the file names none.
    var debugLink: (name: String, checksum: UInt32)? {
        var checksum: UInt32 = 0
        guard let name = unsafe dwelf_elf_gnu_debuglink(elf, &checksum) else { return nil }
        return unsafe (String(cString: name), checksum)
    }

    /// Opens a handle for the DWARF data; nil when there is none.
    ///
    /// The caller must close the handle before this file is closed.
    func openDwarf() -> OpaquePointer? {
        guard debugInfo == .readable else { return nil }
        return unsafe dwarf_begin_elf(elf, DWARF_C_READ, nil)
    }

    enum DebugSections {
        case none, readable
        /// Compressed with a method that this libelf does not know.
        case compressed
    }

    private(set) lazy var debugInfo: DebugSections = {
        let section = unsafe section { $0.sh_type == SHT_PROGBITS && [".debug_info", ".zdebug_info"].contains($1) }
        guard let section = unsafe section else { return .none }
        // Every libelf knows zlib; for other methods, one attempt to decompress tells.
        var header = GElf_Chdr()
        guard unsafe gelf_getchdr(section, &header) != nil, header.ch_type != ELFCOMPRESS_ZLIB else { return .readable }
        return unsafe elf_compress(section, 0, 0) < 0 ? .compressed : .readable
    }()

    /// Which functions of the file have names.
    enum Symbols: Comparable {
        case none
        /// Only functions that other images may call.
        case exported
        case all
    }

    var symbolKind: Symbols {
        if unsafe section(where: { header, _ in header.sh_type == SHT_SYMTAB }) != nil { return .all }
        return unsafe section { header, _ in header.sh_type == SHT_DYNSYM } != nil ? .exported : .none
    }

    /// The functions of `.symtab`, or of `.dynsym` in a stripped file.
    func symbols() -> SymbolTable? {
        let full = unsafe section { header, _ in header.sh_type == SHT_SYMTAB }
        let section = unsafe full ?? self.section { header, _ in header.sh_type == SHT_DYNSYM }
        return unsafe section.map { unsafe SymbolTable($0) }
    }

    /// The name of a symbol, without its version; nil when the file has no such name.
    func name(_ symbol: Symbol) -> String? {
        guard let characters = unsafe elf_strptr(elf, Int(symbol.stringTable), Int(symbol.nameOffset)) else {
            return nil
        }
        // Full tables append the version: "qsort_r@GLIBC_2.8". The first character is skipped, because Swift's macro
        // names begin with "@".
        let name = unsafe String(cString: characters)
        guard let version = name.dropFirst().firstIndex(of: "@") else { return name }
        return String(name[..<version])
    }

    private func section(where predicate: (GElf_Shdr, String) -> Bool) -> OpaquePointer? {
        var names = 0
        guard unsafe elf_getshdrstrndx(elf, &names) == 0 else { return nil }
        var next = unsafe elf_nextscn(elf, nil)
        while let section = unsafe next {
            var header = GElf_Shdr()
            if unsafe gelf_getshdr(section, &header) != nil {
                let name = unsafe elf_strptr(elf, names, Int(header.sh_name)).map { unsafe String(cString: $0) }
                if predicate(header, name ?? "") { return unsafe section }
            }
            unsafe next = unsafe elf_nextscn(elf, section)
        }
        return nil
    }
}
