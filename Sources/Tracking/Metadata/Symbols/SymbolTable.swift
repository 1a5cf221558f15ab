internal import CElfutils
internal import Glibc

/// A function or variable of an ELF symbol table.
///
/// Addresses are the file's own, without load bias.
struct Symbol {
    var start: UInt64
    var nameOffset: UInt32
    /// The section number of the table with the names.
    var stringTable: UInt32
    var isLocal: Bool
}

/// Functions and variables by address.
struct SymbolTable {
    private var symbols = AddressRanges<Symbol>()

    /// Reads an ELF symbol table section.
    init(_ section: OpaquePointer) {
        var header = GElf_Shdr()
        guard unsafe gelf_getshdr(section, &header) != nil, let data = unsafe elf_getdata(section, nil),
            header.sh_entsize > 0
        else { return }
        let count = min(header.sh_size / header.sh_entsize, UInt64(Int32.max))
        for index in 0..<Int32(count) {
            var record = GElf_Sym()
            guard unsafe gelf_getsym(data, index, &record) != nil else { break }
            append(record, stringTable: header.sh_link)
        }
        symbols.sort()
    }

    /// All symbols whose function or variable contains an address, by descending start; among equal starts, exported
    /// symbols come before local ones.
    ///
    /// An address in a gap between two functions has no symbol: the nearest name would be a guess.
    func covering(_ address: UInt64) -> [Symbol] {
        symbols.all(containing: address).sorted {
            $0.start == $1.start ? !$0.isLocal && $1.isLocal : $0.start > $1.start
        }
    }

    /// The first symbol, by address, that satisfies the predicate.
    func first(where fits: (Symbol) -> Bool) -> Symbol? { symbols.first(where: fits) }

    private mutating func append(_ record: GElf_Sym, stringTable: UInt32) {
        let type = Int32(record.st_info & 15)
        guard [STT_FUNC, STT_GNU_IFUNC, STT_OBJECT].contains(type), record.st_shndx != SHN_UNDEF, record.st_name != 0
        else { return }
        let isLocal = Int32(record.st_info >> 4) == STB_LOCAL
        let symbol = Symbol(
            start: record.st_value,
            nameOffset: record.st_name,
            stringTable: stringTable,
            isLocal: isLocal
        )
        // Hand-written assembly may have no size: then only its first byte is certain.
        let (end, overflow) = record.st_value.addingReportingOverflow(max(record.st_size, 1))
        if !overflow { symbols.append(from: record.st_value, to: end, symbol) }
    }
}
