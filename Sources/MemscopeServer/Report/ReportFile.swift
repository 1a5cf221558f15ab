internal import Glibc

/// Writes a file so that readers see all of it or nothing.
enum ReportFile {
    /// Replaces a file; what is there and is no file, such as a pipe, is written to.
    ///
    /// - Returns: What went wrong; nil when nothing did.
    static func write(_ bytes: [UInt8], to path: String) -> String? {
        var status = stat()
        let exists = unsafe lstat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
            return file < 0 ? systemCause("open") : fill(file, with: bytes)
        }
        // Only its owner may read what the program's functions and types are called.
        var name = Array("\(path).XXXXXX".utf8CString)
        let file = unsafe mkstemp(&name)
        guard file >= 0 else { return systemCause("mkstemp") }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        var problem = fill(file, with: bytes)
        if problem == nil, unsafe rename(name, path) != 0 { problem = systemCause("rename") }
        if problem != nil { unsafe unlink(name) }
        return problem
    }

    /// Closes the file, too.
    private static func fill(_ file: Int32, with bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress!, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let problem = systemCause("write")
                close(file)
                return problem
            }
            rest = rest.dropFirst(written)
        }
        return close(file) == 0 ? nil : systemCause("close")
    }
}
