internal import CMemscope
internal import Glibc

/// Finds the file of an image record, and checks that it is the file whose code ran.
enum ImageFile {
    /// The file from which an image was loaded.
    ///
    /// - Returns: Nil when there is no file, when it is no ELF file, or when it was replaced since: its names would
    ///   then be those of other code.
    static func open(_ image: Image) -> ElfFile? {
        for path in candidates(image) {
            // The kernel's own links always lead to the file that is mapped.
            let bytes = image.unloadedAt == nil ? FileBytes.mapping(path) : FileBytes.copy(path)
            if let bytes, let file = ElfFile(bytes), isSame(file, as: image) { return file }
        }
        return nil
    }

    /// Whether a file is still the one that was loaded: by build id, or by age when it has no build id.
    static func isSame(_ file: ElfFile, as image: Image) -> Bool {
        let buildID = file.buildID
        if !image.buildID.isEmpty || !buildID.isEmpty { return buildID == image.buildID }
        return file.bytes.changedAt <= wallClockSeconds(at: image.loadedAt) + 1
    }

    private static func candidates(_ image: Image) -> [String] {
        guard image.path.hasPrefix("/") else { return [] }
        guard image.unloadedAt == nil else { return [image.filePath] }
        // The last two survive deletion. Links in map_files need a privilege that containers often lack; the link to
        // the main program does not. But it must be certain that the image is the main program, because age alone does
        // not prove it.
        let isProgram = !image.buildID.isEmpty || image.start == CaptureCore.program?.start
        return [image.filePath, mapLink(image), isProgram ? "/proc/thread-self/exe" : nil].compactMap(\.self)
    }

    /// The kernel's link to the file that is mapped at an image's start.
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
