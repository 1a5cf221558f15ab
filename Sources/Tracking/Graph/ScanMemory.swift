internal import CMemscope

/// The program's memory as it was at the time of the scan.
///
/// The words that say how much of a block is in use, or which case an enum has, are read here, because the process
/// itself runs on and changes them.
//
// `@unchecked Sendable`: one graph builder reads it, and the code that took the scan ends it.
@safe package final class ScanMemory: @unchecked Sendable {
    private var scan: UnsafeMutablePointer<mscope_scan>?
    private let isOfScan: Bool
    // The part of the memory that was read last.
    private var start: UInt64 = 0
    private var count: UInt64 = 0
    private var bytes: UnsafeRawPointer?

    /// Reads memory as it is now, for graphs that do not come from a scan.
    package init() {
        isOfScan = false
    }

    /// Reads the memory of a scan; the scan must live until `end` is called.
    @unsafe init(_ scan: UnsafeMutablePointer<mscope_scan>) {
        unsafe self.scan = scan
        isOfScan = true
    }

    /// Nil where the process had no memory, or where the scan did not keep it.
    func word(at address: UInt64) -> UInt64? {
        guard isOfScan else { return SafeMemory.word(at: address) }
        guard shows(address, 8), let bytes = unsafe bytes else { return nil }
        return unsafe bytes.loadUnaligned(fromByteOffset: Int(address &- start), as: UInt64.self)
    }

    /// Reads `count` words at `address`; nil unless all can be read.
    func words(from address: UInt64, count: Int) -> [UInt64]? {
        var words: [UInt64] = []
        words.reserveCapacity(count)
        for index in 0..<UInt64(count) {
            guard let word = word(at: address &+ 8 &* index) else { return nil }
            words.append(word)
        }
        return words
    }

    /// Ends the copy of the process: nothing can be read afterwards.
    func end() {
        count = 0
        if let scan = unsafe scan { unsafe mscope_scan_finish(scan) }
        unsafe scan = nil
    }

    private func shows(_ address: UInt64, _ size: UInt64) -> Bool {
        if address >= start, address &- start &+ size <= count { return true }
        guard let scan = unsafe scan else { return false }
        // The core's bytes are valid only until its next call.
        count = 0
        var found: UnsafePointer<UInt8>? = nil
        let readable = unsafe UInt64(mscope_scan_read(scan, address, &found))
        guard readable >= size, let found = unsafe found else { return false }
        (start, count) = (address, readable)
        unsafe bytes = UnsafeRawPointer(found)
        return true
    }
}
