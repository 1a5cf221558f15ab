internal import Glibc

/// A folder on disk, from which nothing outside can be read.
struct StaticFolder: Sendable {
    /// Far more than a page needs, so that a stray core dump is not read into memory.
    private static let largestFile = 16 << 20

    /// Absolute and without symbolic links.
    private let root: String

    /// - Throws: `system` when there is no such folder.
    init(_ path: String) throws(MemscopeServerError) {
        guard let root = resolved(path), let status = status(of: root), status.st_mode & S_IFMT == S_IFDIR else {
            throw MemscopeServerError(code: .system, message: "\(path) is not a folder to serve files from")
        }
        self.root = root
    }

    /// The file at an absolute URL path; nil when there is none, when it is no plain file,
    /// or when it, its links followed, lies outside.
    func read(_ path: String) -> [UInt8]? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.allSatisfy({ !$0.hasPrefix(".") && !$0.isEmpty }),
            let file = resolved(root + path), file.hasPrefix(root == "/" ? root : root + "/")
        else { return nil }
        // Not blocking, in case it is a pipe.
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= Self.largestFile
        else { return nil }
        return readAll(descriptor, size: Int(status.st_size))
    }
}

private func readAll(_ descriptor: Int32, size: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: size)
    var filled = 0
    while filled < size {
        let count = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe Glibc.read(descriptor, bytes.baseAddress! + filled, size - filled)
        }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return nil }
        // Somebody made it shorter meanwhile.
        guard count > 0 else { return Array(bytes.prefix(filled)) }
        filled += count
    }
    return bytes
}

private func resolved(_ path: String) -> String? {
    guard !path.utf8.contains(0), let result = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(result) }
    return unsafe String(cString: result)
}

private func status(of path: String) -> stat? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status : nil
}
