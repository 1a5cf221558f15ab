internal import CMemscope

/// Reads the process' own memory, even if it may be unmapped: what cannot be read is nil.
package enum SafeMemory {
    /// Whether the kernel lets the process read its own memory this way; seccomp may forbid it.
    static var isPermitted: Bool {
        var probe: UInt64 = 0
        return unsafe withUnsafePointer(to: &probe) { words(from: UInt64(UInt(bitPattern: $0)), count: 1) } != nil
    }

    /// Reads `count` words at `address`.
    static func words(from address: UInt64, count: Int) -> [UInt64]? {
        var words = [UInt64](repeating: 0, count: count)
        return unsafe mscope_read_memory(address, &words, count * 8) == count * 8 ? words : nil
    }

    static func word(at address: UInt64) -> UInt64? {
        var value: UInt64 = 0
        return unsafe mscope_read_memory(address, &value, 8) == 8 ? value : nil
    }

    static func int32(at address: UInt64) -> Int32? {
        var value: Int32 = 0
        return unsafe mscope_read_memory(address, &value, 4) == 4 ? value : nil
    }

    /// Follows a pointer that is stored as a distance from its own address; nil for null.
    static func relative(at address: UInt64) -> UInt64? {
        guard let offset = int32(at: address), offset != 0 else { return nil }
        return address &+ UInt64(bitPattern: Int64(offset))
    }

    /// Up to `count` bytes; fewer when the readable memory ends before.
    static func bytes(from address: UInt64, upTo count: Int) -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe mscope_read_memory(address, &bytes, count)
        return bytes.prefix(got)
    }

    /// Whether the bytes at two addresses are equal; false also when they cannot be read.
    package static func isEqual(_ left: UInt64, _ right: UInt64, count: Int) -> Bool {
        unsafe withUnsafeTemporaryAllocation(byteCount: 2 * count, alignment: 16) { bytes in
            guard let first = bytes.baseAddress else { return true }
            let second = unsafe first + count
            guard unsafe mscope_read_memory(left, first, count) == count,
                unsafe mscope_read_memory(right, second, count) == count
            else { return false }
            return unsafe UnsafeRawBufferPointer(start: first, count: count)
                .elementsEqual(UnsafeRawBufferPointer(start: second, count: count))
        }
    }
}

/// Reads many addresses that are close together, one page at a time.
///
/// One system call per address would cost 0.5 µs each; a million blocks need only some 20,000 pages.
@safe final class PageReader {
    private static let pageSize: UInt64 = 4096

    private let page = UnsafeMutableRawPointer.allocate(byteCount: Int(pageSize), alignment: 16)
    private var start: UInt64 = 0
    private var isReadable = false

    deinit {
        unsafe page.deallocate()
    }

    /// The two words at an address; nil when they cannot both be read.
    func pair(at address: UInt64) -> (UInt64, UInt64)? {
        if address &- start > Self.pageSize - 16 || !isReadable {
            guard address % Self.pageSize <= Self.pageSize - 16 else {
                return SafeMemory.words(from: address, count: 2).map { ($0[0], $0[1]) }
            }
            start = address & ~(Self.pageSize - 1)
            isReadable = unsafe mscope_read_memory(start, page, Int(Self.pageSize)) == Int(Self.pageSize)
            guard isReadable else { return nil }
        }
        let offset = Int(address &- start)
        return unsafe (
            page.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
            page.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        )
    }
}
