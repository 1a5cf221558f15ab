internal import CElfutils

/// A function or an inlined call at an address; the name is that in the file, not demangled.
struct RawFrame {
    var name: String?
    var source: SourceLine
    var isInlined: Bool
}

/// Source lines and inlined calls of one file, read through libdw.
///
/// LLVM writes no `.debug_aranges`, so libdw's own look-ups by address find nothing in Swift code. The ranges of the
/// compile units are collected once, the functions of a unit when the unit is first needed. libdw keeps all that it
/// decoded until its handle is closed, so the handle is replaced after `unitLimit` units.
@safe final class DebugInfo {
    private static let unitLimit = 48
    // No source is nested more deeply; only a malformed file is.
    private static let depthLimit = 64

    private let elf: ElfFile
    private var handle: OpaquePointer
    private var units = AddressRanges<Dwarf_Off>()
    private var functions: [Dwarf_Off: AddressRanges<Dwarf_Off>] = [:]

    /// - Returns: Nil for a file without DWARF.
    init?(_ elf: ElfFile) {
        guard let handle = unsafe elf.openDwarf() else { return nil }
        self.elf = elf
        unsafe self.handle = unsafe handle
        collectUnits()
    }

    deinit {
        unsafe dwarf_end(handle)
    }

    /// The functions at an address in the file, innermost inlined call first; empty when nothing is known.
    func frames(at address: UInt64) -> [RawFrame] {
        guard let offset = units.innermost(containing: address) else { return [] }
        if functions[offset] == nil, functions.count >= Self.unitLimit, !renew() { return [] }
        guard let unit = unsafe DwarfEntry(handle, offset: offset) else { return [] }
        var source = unit.line(at: address)
        guard let function = function(at: address, of: unit, offset: offset) else {
            return source.file == nil ? [] : [RawFrame(name: nil, source: source, isInlined: false)]
        }
        let inlined = Self.inlinedCalls(in: function, at: address)
        var frames: [RawFrame] = []
        for call in inlined.reversed() {
            frames.append(RawFrame(name: call.name, source: source, isInlined: true))
            source = call.callSite(in: unit)
        }
        return frames + [RawFrame(name: function.name, source: source, isInlined: false)]
    }

    private func function(at address: UInt64, of unit: DwarfEntry, offset: Dwarf_Off) -> DwarfEntry? {
        let known = functions[offset] ?? Self.functions(below: unit)
        functions[offset] = known
        guard let found = known.innermost(containing: address) else { return nil }
        return unsafe DwarfEntry(handle, offset: found)
    }

    private func collectUnits() {
        var unit: OpaquePointer?
        var entry = unsafe Dwarf_Die()
        while unsafe dwarf_get_units(handle, unit, &unit, nil, nil, &entry, nil) == 0 {
            let unitEntry = unsafe DwarfEntry(entry)
            let offset = unitEntry.offset
            unitEntry.forEachRange { units.append(from: $0, to: $1, offset) }
        }
        units.sort()
    }

    /// Opens a new handle and closes the old one, to release all that libdw has decoded.
    private func renew() -> Bool {
        guard let fresh = unsafe elf.openDwarf() else { return false }
        unsafe dwarf_end(handle)
        unsafe handle = unsafe fresh
        functions = [:]
        return true
    }

    /// Every function with code, including functions nested in types, namespaces and other functions.
    private static func functions(below root: DwarfEntry) -> AddressRanges<Dwarf_Off> {
        var ranges = AddressRanges<Dwarf_Off>()
        var open = [root.firstChild]
        while let current = open.popLast() {
            guard let current else { continue }
            open.append(current.sibling)
            if current.tag == DW_TAG_subprogram {
                let offset = current.offset
                current.forEachRange { ranges.append(from: $0, to: $1, offset) }
            }
            if open.count < depthLimit { open.append(current.firstChild) }
        }
        ranges.sort()
        return ranges
    }

    /// The calls inlined into a function at an address, outermost first.
    private static func inlinedCalls(in function: DwarfEntry, at address: UInt64) -> [DwarfEntry] {
        var calls: [DwarfEntry] = []
        var next = function.firstChild
        var depth = 0
        while let current = next {
            let tag = current.tag
            let isCall = tag == DW_TAG_inlined_subroutine
            if isCall || tag == DW_TAG_lexical_block, depth < 4 * depthLimit, current.contains(address) {
                if isCall { calls.append(current) }
                depth += 1
                next = current.firstChild
            } else {
                next = current.sibling
            }
        }
        return calls
    }
}
