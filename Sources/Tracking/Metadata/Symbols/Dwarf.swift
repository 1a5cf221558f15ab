internal import CElfutils

/// A line in the source; nil where the compiler says that the code comes from no line.
struct SourceLine {
    var file: String?
    var line: Int?
}

/// One entry of the debugging tree.
///
/// It is valid as long as the handle that it came from is open: only `DebugInfo` makes entries, and it gives none away.
@safe struct DwarfEntry {
    private var die: Dwarf_Die

    init?(_ handle: OpaquePointer, offset: Dwarf_Off) {
        var die = unsafe Dwarf_Die()
        guard unsafe dwarf_offdie(handle, offset, &die) != nil else { return nil }
        unsafe self.die = unsafe die
    }

    init(_ die: Dwarf_Die) {
        unsafe self.die = unsafe die
    }

    var offset: Dwarf_Off { unsafe withDie { unsafe dwarf_dieoffset($0) } }
    var tag: Int32 { unsafe withDie { unsafe dwarf_tag($0) } }

    /// The first entry below this one.
    var firstChild: DwarfEntry? {
        var child = unsafe Dwarf_Die()
        return unsafe withDie { unsafe dwarf_child($0, &child) } == 0 ? unsafe DwarfEntry(child) : nil
    }

    /// The next entry beside this one.
    var sibling: DwarfEntry? {
        var sibling = unsafe Dwarf_Die()
        return unsafe withDie { unsafe dwarf_siblingof($0, &sibling) } == 0 ? unsafe DwarfEntry(sibling) : nil
    }

    func contains(_ address: UInt64) -> Bool {
        unsafe withDie { unsafe dwarf_haspc($0, address) } == 1
    }

    /// Calls `body` with the bounds of each range of code that belongs to the entry.
    func forEachRange(_ body: (UInt64, UInt64) -> Void) {
        var base: Dwarf_Addr = 0
        var start: Dwarf_Addr = 0
        var end: Dwarf_Addr = 0
        var next = unsafe withDie { unsafe dwarf_ranges($0, 0, &base, &start, &end) }
        while next > 0 {
            // The linker gives the address 0 or 1 to functions that it removed.
            if start > 1, end > start { body(start, end) }
            next = unsafe withDie { unsafe dwarf_ranges($0, next, &base, &start, &end) }
        }
    }

    /// The linker's name if there is one, else the name in the source.
    var name: String? {
        string(DW_AT_linkage_name) ?? string(DW_AT_MIPS_linkage_name) ?? string(DW_AT_name)
    }

    /// The text of an attribute of the entry, or of the declaration that the entry completes.
    private func string(_ attribute: Int) -> String? {
        var value = unsafe Dwarf_Attribute()
        return unsafe withDie { die in
            guard unsafe dwarf_attr_integrate(die, UInt32(attribute), &value) != nil,
                let characters = unsafe dwarf_formstring(&value)
            else { return nil }
            return unsafe String(cString: characters)
        }
    }

    private func number(_ attribute: Int) -> UInt64? {
        var value = unsafe Dwarf_Attribute()
        var number: Dwarf_Word = 0
        return unsafe withDie { die in
            guard unsafe dwarf_attr(die, UInt32(attribute), &value) != nil,
                unsafe dwarf_formudata(&value, &number) == 0
            else { return nil }
            return number
        }
    }

    /// For a unit: the source line of the code at `address`.
    func line(at address: UInt64) -> SourceLine {
        unsafe withDie { die in
            guard let line = unsafe dwarf_getsrc_die(die, address) else { return SourceLine() }
            var number: Int32 = 0
            guard unsafe dwarf_lineno(line, &number) == 0, number > 0,
                let file = unsafe dwarf_linesrc(line, nil, nil)
            else { return SourceLine() }
            return unsafe SourceLine(file: String(cString: file), line: Int(number))
        }
    }

    /// For an inlined call: the line of the call in the caller.
    func callSite(in unit: DwarfEntry) -> SourceLine {
        guard let index = number(Int(DW_AT_call_file)), let line = number(Int(DW_AT_call_line)), line > 0 else {
            return SourceLine()
        }
        return unsafe unit.withDie { die in
            var files: OpaquePointer?
            var count = 0
            guard unsafe dwarf_getsrcfiles(die, &files, &count) == 0, index < UInt64(count),
                let name = unsafe dwarf_filesrc(files, Int(index), nil, nil)
            else { return SourceLine() }
            return unsafe SourceLine(file: String(cString: name), line: Int(clamping: line))
        }
    }

    // libdw takes entries by mutable pointer and fills in their abbreviation; with a copy, reading an entry does not
    // mutate it.
    private func withDie<Result>(_ body: (UnsafeMutablePointer<Dwarf_Die>) -> Result) -> Result {
        var copy = unsafe die
        return unsafe withUnsafeMutablePointer(to: &copy) { unsafe body($0) }
    }
}
