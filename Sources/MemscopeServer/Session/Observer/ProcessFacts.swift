internal import Glibc
internal import MemscopeRender
internal import Tracking

/// What the system says about this process.
enum ProcessFacts {
    /// Who answers, with one moment on both clocks.
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

    /// Resident bytes; nil when /proc is not there.
    ///
    /// `/proc/self` is the first thread's, which has none once it has ended.
    static var residentBytes: UInt64? {
        let fields = read("/proc/thread-self/statm").split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The file name of the program; its arguments may hold secrets and are never read.
    ///
    /// Not that of `/proc/self/exe`, which is the loader where the program was started through it.
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
