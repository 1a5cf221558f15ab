internal import Glibc
internal import MemscopeRender
internal import Tracking

/// Facts about this process that come from the system.
enum ProcessFacts {
    /// The identity of the process, with one moment on both clocks.
    static func identity() -> ProcessIdentity {
        var wall = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &wall)
        return ProcessIdentity(
            pid: Int(getpid()),
            name: name,
            startedAt: CaptureCore.totals().startedAt,
            anchorMonotonic: CaptureCore.now,
            anchorUnix: UInt64(wall.tv_sec) * 1_000_000_000 + UInt64(wall.tv_nsec)
        )
    }

    /// The resident set size in bytes; nil when /proc is not available.
    ///
    /// `/proc/self` belongs to the first thread, and has no such figure after that thread has ended.
    static var residentBytes: UInt64? {
        let fields = read("/proc/thread-self/statm").split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The file name of the program; the arguments may contain secrets and are never read.
    ///
    /// It is not taken from `/proc/self/exe`, which is the loader if the program was started through it.
    private static var name: String { CaptureCore.program?.name ?? "unknown" }

    private static func read(_ path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
            let length = unsafe Glibc.read(file, buffer.baseAddress!, buffer.count)
            return length > 0 ? unsafe String(decoding: buffer[..<length], as: UTF8.self) : ""
        }
    }
}
