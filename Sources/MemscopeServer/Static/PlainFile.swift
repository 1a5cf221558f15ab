internal import Glibc

/// Files that are read whole.
enum PlainFile {
    /// Absolute and without symbolic links; nil when nothing is there.
    static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let result = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(result) }
        return unsafe String(cString: result)
    }

    /// Reads a file whole.
    ///
    /// - Parameters:
    ///   - path: As `resolved` gives it: a link that took its place since is not followed.
    ///   - largest: In bytes.
    /// - Returns: Nil for what is no file, or has more bytes.
    static func read(_ path: String, largest: Int) -> [UInt8]? {
        // Not blocking, in case it is a pipe.
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
            // Somebody made it shorter meanwhile.
            guard count > 0 else { return Array(bytes.prefix(filled)) }
            filled += count
        }
        return bytes
    }
}
