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

    /// Whether a file still is what was loaded: by build id, or by age where it has none.
    static func isSame(_ file: ElfFile, as image: Image) -> Bool {
        let buildID = file.buildID
        if !image.buildID.isEmpty || !buildID.isEmpty { return buildID == image.buildID }
        return file.bytes.changedAt <= wallClockSeconds(at: image.loadedAt) + 1
    }

    private static func candidates(_ image: Image) -> [String] {
        guard image.path.hasPrefix("/") else { return [] }
        guard image.unloadedAt == nil else { return [image.filePath] }
        // The last two survive deletion. Links of map_files need a privilege that containers
        // often lack; the main program's does not, but is it that one? Age alone does not tell.
        let isProgram = !image.buildID.isEmpty || image.start == CaptureCore.program?.start
        return [image.filePath, mapLink(image), isProgram ? "/proc/thread-self/exe" : nil].compactMap(\.self)
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
