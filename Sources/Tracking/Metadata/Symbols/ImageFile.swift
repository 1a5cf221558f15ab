internal import CMemscope
internal import Glibc

/// Finds the bytes behind an image record and makes sure they are the ones that ran.
enum ImageFile {
    /// The file an image was loaded from.
    ///
    /// - Returns: Nil when there is none, it is no ELF file, or it was replaced since: its
    ///   names would then be those of other code.
    static func open(_ image: Image) -> ElfFile? {
        for path in candidates(image) {
            // The kernel's own links never name another file than the one mapped.
            let bytes = image.unloadedAt == nil ? FileBytes.mapping(path) : FileBytes.copy(path)
            if let bytes, let file = ElfFile(bytes), isSame(file, as: image) { return file }
        }
        return nil
    }

    /// The separate debug file of a stripped one, in its place by build id.
    ///
    /// Read here and not by libdwfl, whose search may ask a server on the network.
    static func openDebugFile(buildID: String) -> ElfFile? {
        guard buildID.utf8.count > 2 else { return nil }
        let path = "/usr/lib/debug/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug"
        guard let bytes = FileBytes.mapping(path), let file = ElfFile(bytes), file.buildID == buildID else {
            return nil
        }
        return file
    }

    /// Whether a file still is what was loaded: by build id, or by age where it has none.
    static func isSame(_ file: ElfFile, as image: Image) -> Bool {
        let buildID = file.buildID
        if !image.buildID.isEmpty || !buildID.isEmpty { return buildID == image.buildID }
        return file.bytes.modifiedAt <= wallClockSeconds(at: image.loadedAt) + 1
    }

    private static func candidates(_ image: Image) -> [String] {
        let suffix = " (deleted)"
        let path = image.path.hasSuffix(suffix) ? String(image.path.dropLast(suffix.utf8.count)) : image.path
        guard path.hasPrefix("/") else { return [] }
        // The last two survive deletion. Links of map_files need a privilege that containers
        // often lack; the main program's does not.
        return [path] + (image.unloadedAt == nil ? [mapLink(image), "/proc/self/exe"].compactMap(\.self) : [])
    }

    /// The kernel's link to the file mapped at an image's start.
    private static func mapLink(_ image: Image) -> String? {
        let folder = "/proc/self/map_files"
        guard let entries = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(entries) }
        let prefix = String(image.start & ~4095, radix: 16) + "-"
        while let entry = unsafe readdir(entries) {
            let name = unsafe text(of: entry.pointee.d_name)
            if name.hasPrefix(prefix) { return folder + "/" + name }
        }
        return nil
    }

    private static func wallClockSeconds(at monotonic: UInt64) -> Int {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let elapsed = Int(clamping: mscope_now()) - Int(clamping: monotonic)
        return now.tv_sec - elapsed / 1_000_000_000
    }
}
