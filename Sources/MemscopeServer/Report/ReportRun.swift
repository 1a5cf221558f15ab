internal import Glibc

/// The run that a report belongs to: this process, and those ancestors that were asked for the same report.
enum ReportRun {
    /// The largest number of ancestors that are examined.
    private static let mostAncestors = 64

    /// The smallest possible age of the run, in nanoseconds; nil when /proc is not available.
    static func age(asking template: String?) -> UInt64? {
        var (known, parent) = facts("self")
        for _ in 0..<mostAncestors {
            guard let template, let process = parent, asks(process, for: template) else { break }
            let (age, next) = facts(process)
            known = age ?? known
            parent = next
        }
        return known
    }

    /// The smallest possible time since the fork that made a process, in nanoseconds, and its parent.
    ///
    /// Other programs may have run in the process before. The kernel gives the time in hundredths of a second, so the
    /// age may be 10 ms more.
    private static func facts(_ process: String) -> (age: UInt64?, parent: String?) {
        let text = String(decoding: read("/proc/\(process)/stat"), as: UTF8.self)
        // The name before the fields may contain any characters; its end is the last parenthesis.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        let ticksPerSecond = sysconf(Int32(_SC_CLK_TCK))
        guard fields.count > 19, let ticks = UInt64(fields[19]), ticksPerSecond > 0 else { return (nil, nil) }
        let start = (ticks + 1) * (1_000_000_000 / UInt64(ticksPerSecond))
        var now = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &now)
        let nanoseconds = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        return (nanoseconds > start ? nanoseconds - start : 0, fields[1] == "0" ? nil : String(fields[1]))
    }

    private static func asks(_ process: String, for template: String) -> Bool {
        let wanted = "MEMSCOPE_REPORT=\(template)"
        return read("/proc/\(process)/environ").split(separator: 0).contains { $0.elementsEqual(wanted.utf8) }
    }

    private static func read(_ path: String) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
                count = max(0, unsafe Glibc.read(file, buffer.baseAddress!, 1 << 14))
            }
            guard !piece.isEmpty else { return bytes }
            bytes += piece
        }
    }
}
