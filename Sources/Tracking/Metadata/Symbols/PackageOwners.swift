internal import Glibc

/// Finds the Debian packages that files belong to, from dpkg's lists: one line per path, one list per package.
enum PackageOwners {
    private static let folder = "/var/lib/dpkg/info"

    /// - Returns: The package of each path that belongs to one; empty where dpkg is not used.
    static func find(_ paths: [String]) -> [String: String] {
        guard !paths.isEmpty, let entries = unsafe opendir(folder) else { return [:] }
        defer { unsafe closedir(entries) }
        let wanted = Dictionary(grouping: paths.flatMap(forms), by: \.listed.count)
        var owners: [String: String] = [:]
        while let entry = unsafe readdir(entries) {
            let name = unsafe text(of: entry.pointee.d_name)
            guard name.hasSuffix(".list"), let list = FileBytes.mapping(folder + "/" + name) else { continue }
            // "libc6:amd64.list"
            let package = String(name.dropLast(5).prefix { $0 != ":" })
            unsafe forEachLine(of: list) { line in
                let candidates = wanted[line.count] ?? []
                for form in candidates where unsafe line.elementsEqual(form.listed) { owners[form.path] = package }
            }
        }
        return owners
    }

    private struct Form {
        var path: String
        var listed: [UInt8]
    }

    /// The path in both forms, because a list may name a file by its place before or after `/lib` became a link to
    /// `/usr/lib`.
    private static func forms(of path: String) -> [Form] {
        let other = path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : "/usr" + path
        return [Form(path: path, listed: Array(path.utf8)), Form(path: path, listed: Array(other.utf8))]
    }

    private static func forEachLine(of list: FileBytes, _ body: (UnsafeRawBufferPointer) -> Void) {
        let all = unsafe UnsafeRawBufferPointer(start: list.start, count: list.count)
        var start = 0
        while start < all.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
            let found = unsafe memchr(rest.baseAddress!, 10, rest.count)
            let length = unsafe found.map { unsafe UnsafeRawPointer($0) - rest.baseAddress! } ?? rest.count
            unsafe body(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            start += length + 1
        }
    }
}
