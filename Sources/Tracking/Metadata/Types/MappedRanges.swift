internal import Glibc

/// What is mapped readably at one moment, from `/proc/self/maps`.
///
/// Most words of C data are no addresses at all. Asking the kernel to read each would cost
/// a failed system call a word; this tells most of them apart for free.
package struct MappedRanges {
    package private(set) var ranges: [Range<UInt64>] = []

    /// Parses the text of a maps file; lines it cannot read are left out.
    package init(parsing text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard fields.count > 1, fields[1].first == UInt8(ascii: "r") else { continue }
            let bounds = fields[0].split(separator: UInt8(ascii: "-")).compactMap(Self.number)
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            if let last = ranges.last, last.upperBound == bounds[0] {
                ranges[ranges.count - 1] = last.lowerBound..<bounds[1]
            } else {
                ranges.append(bounds[0]..<bounds[1])
            }
        }
    }

    /// - Returns: Nil when the file cannot be read.
    package static func current() -> MappedRanges? {
        let descriptor = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = unsafe read(descriptor, &buffer, buffer.count)
            if got == 0 { return MappedRanges(parsing: text) }
            if got < 0 { return nil }
            text += buffer.prefix(got)
        }
    }

    /// Those of ascending addresses at which a word can be read.
    package func readable(_ addresses: [UInt64]) -> [UInt64] {
        var remaining = ranges[...]
        return addresses.filter { address in
            while let range = remaining.first, range.upperBound < address + 8 { remaining.removeFirst() }
            return remaining.first.map { $0.lowerBound <= address } ?? false
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
