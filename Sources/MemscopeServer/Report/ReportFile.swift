internal import Glibc

/// Writes a report so that readers see either all of it or nothing, and so that no report of another process is lost.
enum ReportFile {
    enum Outcome {
        case written
        /// Another process wrote a report to the path while this process ran; this report is at the given path instead.
        case elsewhere(String)
        case failed(String)
    }

    /// How long the process waits at most for the reader of a pipe.
    private static let patienceMilliseconds: Int32 = 2000

    /// Writes a report to a path.
    ///
    /// A file is replaced, unless it was written after `start`, in nanoseconds of the wall clock. Something that is no
    /// file, such as a pipe, is written to.
    static func write(_ bytes: [UInt8], to path: String, since start: UInt64) -> Outcome {
        let kind = kind(of: path)
        if case .stream(let descriptor) = kind {
            let file = descriptor.map { dup($0) } ?? openStream(path)
            let problem = file < 0 ? systemCause("open") : fill(file, with: bytes)
            return problem.map(Outcome.failed) ?? .written
        }
        // Only the owner may read the file, because it contains the names of the program's functions and types.
        var name = Array("\(path).XXXXXX".utf8CString)
        let file = unsafe mkstemp(&name)
        guard file >= 0 else { return .failed(systemCause("mkstemp")) }
        defer { unsafe unlink(name) }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        if let problem = fill(file, with: bytes) { return .failed(problem) }
        let isOurs =
            switch kind {
            case .file(let written): written <= start
            // `link` fails when another process was faster; not all file systems have links.
            case .nothing, .stream: unsafe link(name, path) == 0 || errno != EEXIST
            }
        if isOurs { return unsafe rename(name, path) == 0 ? .written : .failed(systemCause("rename")) }
        let other = "\(path).\(getpid())"
        return unsafe rename(name, other) == 0 ? .elsewhere(other) : .failed(systemCause("rename"))
    }

    private enum Kind {
        case nothing
        /// A file that was written at this time; a link to a file counts as old, and is replaced itself.
        case file(UInt64)
        /// Something that is no file; contains the program's descriptor if the path is a name for a descriptor.
        case stream(Int32?)
    }

    private static func kind(of path: String) -> Kind {
        var own = stat()
        var target = stat()
        if let descriptor = descriptor(of: path) { return .stream(descriptor) }
        guard unsafe lstat(path, &own) == 0 else { return .nothing }
        if unsafe stat(path, &target) == 0, target.st_mode & S_IFMT != S_IFREG { return .stream(nil) }
        guard own.st_mode & S_IFMT != S_IFLNK, !saysNothing(path) else { return .file(0) }
        return .file(UInt64(own.st_mtim.tv_sec) * 1_000_000_000 + UInt64(own.st_mtim.tv_nsec))
    }

    /// Whether the file is the report of a process in which nothing was tracked, such as a child with a malloc of its
    /// own.
    private static func saysNothing(_ path: String) -> Bool {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe read(file, &bytes, bytes.count)
        return count > 0 && String(decoding: bytes.prefix(count), as: UTF8.self).contains("\"end\":null,")
    }

    /// The program's descriptor if the path is a name for one: opening the same file again would overwrite what the
    /// program prints.
    private static func descriptor(of path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default:
            let folder = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
            return folder.flatMap { Int32(path.dropFirst($0.count)) }
        }
    }

    private static func openStream(_ path: String) -> Int32 {
        var waited: Int32 = 0
        while true {
            let file = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            guard file < 0, errno == ENXIO, waited < patienceMilliseconds else { return file }
            usleep(20_000)
            waited += 20
        }
    }

    /// Writes the bytes and closes the file; returns the problem, nil when there was none.
    private static func fill(_ file: Int32, with bytes: [UInt8]) -> String? {
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress!, $0.count) }
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EAGAIN {
                var wait = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                guard unsafe poll(&wait, 1, patienceMilliseconds) > 0 else { return "nobody reads it" }
                continue
            }
            guard written > 0 else { return systemCause("write") }
            rest = rest.dropFirst(written)
        }
        return nil
    }
}
