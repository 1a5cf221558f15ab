internal import Glibc

/// Reads whole files.
enum PlainFile {
    /// The path, absolute and without symbolic links; nil when there is no file.
    static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let result = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(result) }
        return unsafe String(cString: result)
    }

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: A path from `resolved`: a link that has replaced the file since is not followed.
    ///   - largest: The largest size of the file, in bytes.
    /// - Returns: Nil when the path is no file, or the file is larger.
    static func read(_ path: String, largest: Int) -> [UInt8]? {
        // Non-blocking, in case the path is a pipe.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= largest
        else { return nil }
        return readAll(descriptor, size: Int(status.st_size))
    }

    private static func readAll(_ descriptor: Int32, size: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        var filled = 0
        while filled < size {
            let count = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress! + filled, size - filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            // The file became shorter meanwhile.
            guard count > 0 else { return Array(bytes.prefix(filled)) }
            filled += count
        }
        return bytes
    }
}
