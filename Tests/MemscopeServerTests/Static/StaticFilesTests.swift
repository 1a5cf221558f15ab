import Glibc
import MemscopeServer
import Testing

@Suite("Static files") struct StaticFilesTests {
    private func bytes(_ response: HTTPResponse?) -> [UInt8]? {
        guard let response, case .bytes(let bytes) = response.body else { return nil }
        return bytes
    }

    @Test("The embedded files are those of Public, byte for byte") func embeddedFiles() throws {
        let root = #filePath.components(upTo: "/Tests/") + "/Public"
        let files = filePaths(under: root)
        #expect(files == EmbeddedFile.all.map(\.path).sorted(), "list them in Sources/CHTTP/public.def")
        for file in EmbeddedFile.all {
            #expect(file.bytes == readFile(root + file.path), "\(file.path)")
        }
    }

    @Test("A slash is the index page, with a type and a tag") func index() throws {
        let response = try #require(try StaticFiles().respond(to: HTTPRequest(path: "/")))
        #expect(response.contentType == "text/html; charset=utf-8")
        #expect(response.cacheControl == "no-cache")
        #expect(response.etag != nil)
        #expect(bytes(response) == EmbeddedFile.all.first { $0.path == "/index.html" }?.bytes)
    }

    @Test(
        "What is not embedded is not there",
        arguments: ["/index", "/../Package.swift", "/js", "//index.html", "/nope"]
    )
    func absent(path: String) throws {
        #expect(try StaticFiles().respond(to: HTTPRequest(path: path)) == nil)
    }

    @Test("A folder is served as it is now") func folder() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.write("a.js", "1")
        let files = try StaticFiles(folder: folder.path)
        let first = try #require(try files.respond(to: HTTPRequest(path: "/a.js")))
        #expect(first.contentType == "text/javascript; charset=utf-8")
        folder.write("a.js", "2")
        let second = try #require(try files.respond(to: HTTPRequest(path: "/a.js")))
        #expect(bytes(second) == Array("2".utf8))
        #expect(first.etag != second.etag)
    }

    @Test("Nothing outside the folder is served, links followed") func traversal() throws {
        let folder = TemporaryFolder()
        let outside = TemporaryFolder()
        defer { folder.remove(); outside.remove() }
        folder.write("inside.txt", "inside")
        folder.write(".hidden", "hidden")
        folder.write(".\u{301}dot", "hidden")
        outside.write("secret.txt", "secret")
        unsafe symlink("\(outside.path)/secret.txt", "\(folder.path)/link.txt")
        unsafe symlink(outside.path, "\(folder.path)/folder")
        unsafe symlink("inside.txt", "\(folder.path)/alias.txt")
        unsafe mkfifo("\(folder.path)/pipe.txt", 0o600)
        let files = try StaticFiles(folder: folder.path)
        let name = outside.path.split(separator: "/").last ?? ""
        for path in [
            "/../\(name)/secret.txt", "/link.txt", "/folder/secret.txt", "/./inside.txt", "/.hidden", "/.\u{301}dot",
            "//inside.txt",
            "/pipe.txt", "/inside.txt/", "/..", "/folder",
        ] {
            #expect(try files.respond(to: HTTPRequest(path: path)) == nil, "\(path)")
        }
        #expect(bytes(try files.respond(to: HTTPRequest(path: "/inside.txt"))) == Array("inside".utf8))
        #expect(bytes(try files.respond(to: HTTPRequest(path: "/alias.txt"))) == Array("inside".utf8))
    }

    @Test("A folder that is none is refused by name", arguments: ["/nonexistent-folder", "/etc/passwd", ""])
    func noFolder(path: String) throws {
        let error = try #require(throws: MemscopeServerError.self) { try StaticFiles(folder: path) }
        #expect(error.message.contains("\(path) is not a folder"))
    }
}

extension String {
    /// Everything before the last occurrence of `marker`.
    fileprivate func components(upTo marker: String) -> String {
        guard let range = ranges(of: marker).last else { return self }
        return String(self[..<range.lowerBound])
    }
}

private func readFile(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
}

/// Paths relative to `root`, sorted, of everything that is not hidden.
private func filePaths(under root: String, at path: String = "") -> [String] {
    guard let folder = unsafe opendir(root + path) else { return [] }
    defer { unsafe closedir(folder) }
    var paths: [String] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
            unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name.hasPrefix(".") { continue }
        let child = "\(path)/\(name)"
        if unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR) {
            paths += filePaths(under: root, at: child)
        } else {
            paths.append(child)
        }
    }
    return paths.sorted()
}
