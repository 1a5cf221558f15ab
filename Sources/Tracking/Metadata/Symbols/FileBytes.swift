internal import CMemscope
internal import Glibc

/// The bytes of a file in memory; no descriptor stays open.
///
/// A program may close every descriptor that it did not open (daemons do), so none is kept. A mapping costs no memory
/// of its own, but reading it faults after the file is truncated. This is acceptable for a file that the process runs
/// from: the program would crash with such a file too. Other files, such as a plugin that is being rebuilt, are copied
/// instead.
@safe final class FileBytes {
    // A copy costs memory of MemScope's own; a plugin larger than this gets no names.
    private static let copyLimit = 1 << 28

    let start: UnsafeMutableRawPointer
    let count: Int
    /// When the file was last written or put at its path, in wall-clock seconds since 1970.
    let changedAt: Int
    let isCopy: Bool

    private init(start: UnsafeMutableRawPointer, count: Int, changedAt: Int, isCopy: Bool) {
        unsafe self.start = unsafe start
        self.count = count
        self.changedAt = changedAt
        self.isCopy = isCopy
    }

    deinit {
        unsafe mscope_unmap_pages(start, count)
    }

    static func mapping(_ path: String) -> FileBytes? {
        withFile(path) { descriptor, size, changedAt in
            guard let start = unsafe mapped(size, descriptor: descriptor) else { return nil }
            return unsafe FileBytes(start: start, count: size, changedAt: changedAt, isCopy: false)
        }
    }

    static func copy(_ path: String) -> FileBytes? {
        withFile(path) { descriptor, size, changedAt in
            guard size <= copyLimit, let start = unsafe mapped(size, descriptor: -1) else { return nil }
            let bytes = unsafe FileBytes(start: start, count: size, changedAt: changedAt, isCopy: true)
            var done = 0
            while done < size {
                let got = unsafe pread(descriptor, start + done, size - done, off_t(done))
                if got <= 0 { return nil }
                done += got
            }
            return bytes
        }
    }

    /// A copy of these bytes that no longer depends on the file; nil when the file became shorter.
    func copied() -> FileBytes? {
        guard count <= Self.copyLimit, let copy = unsafe Self.mapped(count, descriptor: -1) else { return nil }
        let bytes = unsafe FileBytes(start: copy, count: count, changedAt: changedAt, isCopy: true)
        let address = unsafe UInt64(UInt(bitPattern: start))
        return unsafe mscope_read_memory(address, copy, count) == count ? bytes : nil
    }

    private static func withFile(_ path: String, _ body: (Int32, Int, Int) -> FileBytes?) -> FileBytes? {
        // Non-blocking, because the path may come from a malicious record and may be a pipe.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            return nil
        }
        // The change time counts too: an old file that is moved or linked to the path keeps its modification time.
        return body(descriptor, Int(status.st_size), max(Int(status.st_mtim.tv_sec), Int(status.st_ctim.tv_sec)))
    }

    /// Maps the pages of a file, or fresh pages for the descriptor -1.
    ///
    /// They are MemScope's own memory, which is no root of a scan: bytes of a file can look like addresses of blocks.
    /// They are writable, because libelf marks in the section header that it has decompressed the section.
    private static func mapped(_ size: Int, descriptor: Int32) -> UnsafeMutableRawPointer? {
        unsafe descriptor < 0 ? mscope_map_pages(size) : mscope_map_file(descriptor, size)
    }
}
