internal import Glibc

/// The run that a report belongs to: this process, and the ancestors that were asked for the same report.
enum ReportRun {
    /// How far back it is looked.
    private static let mostAncestors = 64

    /// For how long the run has been going, at least, in nanoseconds; nil when /proc is not there.
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

    /// For how long a process has been there, at least, since the fork that made it, and who did that.
    ///
    /// Other programs may have run in it before. The kernel says when in hundredths of a second: it may be 10 ms more.
    private static func facts(_ process: String) -> (age: UInt64?, parent: String?) {
        let text = String(decoding: read("/proc/\(process)/stat"), as: UTF8.self)
        // The name before the fields may have anything in it but its last parenthesis.
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
