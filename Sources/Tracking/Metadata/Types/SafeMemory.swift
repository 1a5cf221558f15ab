internal import CMemscope

/// Reads of the process' own memory that may be gone: what cannot be read is nil.
enum SafeMemory {
    /// One word at each address; nil when the kernel forbids reading at all.
    ///
    /// - Parameter addresses: Ascending.
    /// - Returns: Per address the word, or nil where nothing is mapped.
    static func words(at addresses: [UInt64]) -> [UInt64?]? {
        var words = [UInt64](repeating: 0, count: addresses.count)
        var readable = [UInt8](repeating: 0, count: addresses.count)
        guard unsafe mscope_read_words(addresses, addresses.count, &words, &readable) else { return nil }
        return zip(words, readable).map { word, isReadable in isReadable != 0 ? word : nil }
    }

    /// `count` words from `address` on.
    static func words(from address: UInt64, count: Int) -> [UInt64]? {
        var words = [UInt64](repeating: 0, count: count)
        return unsafe mscope_read_memory(address, &words, count * 8) == count * 8 ? words : nil
    }

    static func word(at address: UInt64) -> UInt64? {
        words(from: address, count: 1)?.first
    }

    static func int32(at address: UInt64) -> Int32? {
        var value: Int32 = 0
        return unsafe mscope_read_memory(address, &value, 4) == 4 ? value : nil
    }

    /// Up to `count` bytes: fewer where the memory ends.
    static func bytes(from address: UInt64, upTo count: Int) -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe mscope_read_memory(address, &bytes, count)
        return bytes.prefix(got)
    }
}
