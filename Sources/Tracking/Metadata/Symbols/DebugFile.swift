internal import CZlib
internal import Glibc

/// Finds the separate debug file of a stripped file in the folders where debuggers look for it.
///
/// Nothing is downloaded: libdwfl, whose search may ask a server on the network, is not used.
enum DebugFile {
    private static let store = "/usr/lib/debug"

    struct Found {
        let path: String
        let elf: ElfFile
    }

    /// - Parameters:
    ///   - elf: The file that was loaded.
    ///   - path: The path of that file.
    /// - Returns: Nil when there is no debug file, or when the file belongs to another build or adds nothing.
    static func find(for elf: ElfFile, at path: String) -> Found? {
        let buildID = elf.buildID
        let link = elf.debugLink
        for candidate in candidates(path: path, buildID: buildID, link: link?.name) {
            // Only files in the store may be mapped: a package manager replaces them as a whole and never truncates
            // them.
            let bytes = candidate.hasPrefix(store + "/") ? FileBytes.mapping(candidate) : FileBytes.copy(candidate)
            guard let bytes, let found = ElfFile(bytes), adds(found, to: elf) else { continue }
            let belongs = buildID.isEmpty ? checksum(of: bytes) == link?.checksum : found.buildID == buildID
            if belongs { return Found(path: candidate, elf: found) }
        }
        return nil
    }

    private static func adds(_ found: ElfFile, to elf: ElfFile) -> Bool {
        (found.debugInfo != .none && elf.debugInfo != .readable)
            || (found.symbolKind == .all && elf.symbolKind != .all)
    }

    private static func candidates(path: String, buildID: String, link: String?) -> [String] {
        let folders = folders(of: path)
        let near = folders + folders.map { $0 + "/.debug" }
        var found: [String] = []
        if buildID.utf8.count > 2 {
            let name = "/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug"
            found += ([store] + near).map { $0 + name }
        }
        // A file with the image's own name in its own folder is the image itself.
        if let link, !link.isEmpty, !link.contains("/") {
            found += (near + folders.map { store + $0 }).map { $0 + "/" + link }
        }
        return found
    }

    /// The folder from which an image was loaded and, when the path has links, the folder that really contains the
    /// file.
    private static func folders(of path: String) -> [String] {
        var paths = [path]
        if let real = unsafe realpath(path, nil) {
            let text = unsafe String(cString: real)
            unsafe free(real)
            if text != path { paths.append(text) }
        }
        let folders = paths.compactMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
        return folders.count == 2 && folders[0] == folders[1] ? [folders[0]] : folders
    }

    private static func checksum(of bytes: FileBytes) -> UInt32 {
        unsafe UInt32(truncatingIfNeeded: crc32_z(0, bytes.start.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
