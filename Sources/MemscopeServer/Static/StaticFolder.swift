internal import Glibc

/// A folder on disk; files outside of it cannot be read.
struct StaticFolder: Sendable {
    /// The largest file that is served: far larger than a page needs, and small enough that a core dump in the folder
    /// is never read into memory.
    private static let largestFile = 16 << 20

    /// The path of the folder, absolute and without symbolic links.
    private let root: String

    /// - Throws: `system` when there is no such folder.
    init(_ path: String) throws(MemscopeServerError) {
        guard let root = PlainFile.resolved(path), let status = status(of: root),
            status.st_mode & S_IFMT == S_IFDIR
        else {
            throw MemscopeServerError(code: .system, message: "\(path) is not a folder to serve files from")
        }
        self.root = root
    }

    /// The file at an absolute URL path; nil when there is none, when it is no plain file, or when it lies outside of
    /// the folder after its links are followed.
    func read(_ path: String) -> [UInt8]? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        // Compared by bytes: a dot with an accent is another character, but the file system hides such a file too.
        guard segments.allSatisfy({ $0.utf8.first.map { $0 != UInt8(ascii: ".") } ?? false }),
            let file = PlainFile.resolved(root + path), file.hasPrefix(root == "/" ? root : root + "/")
        else { return nil }
        return PlainFile.read(file, largest: Self.largestFile)
    }
}

private func status(of path: String) -> stat? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status : nil
}
