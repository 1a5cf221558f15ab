internal import CZlib
internal import Glibc

/// The dashboard's files: those in the binary, or those of a folder during development.
package struct StaticFiles: Sendable {
    private enum Source: Sendable {
        case embedded([String: EmbeddedFile])
        case folder(StaticFolder)
    }

    private let source: Source

    /// Serves the files in the binary.
    package init() {
        source = .embedded(Dictionary(uniqueKeysWithValues: EmbeddedFile.all.map { ($0.path, $0) }))
    }

    /// Serves the files of a folder in their state at each request.
    ///
    /// - Throws: `system` when there is no such folder.
    package init(folder: String) throws(MemscopeServerError) {
        source = .folder(try StaticFolder(folder))
    }

    /// Answers with the file at the request's path; nil when there is none.
    ///
    /// The path `/` stands for `/index.html`. The function can be used as `Router`'s fallback.
    package func respond(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse? {
        let path = request.path == "/" ? "/index.html" : request.path
        let found: [UInt8]?
        switch source {
        case .embedded(let files): found = files[path]?.bytes
        case .folder(let folder): found = folder.read(path)
        }
        guard let bytes = found else { return nil }
        var response = HTTPResponse(
            contentType: mediaType(of: path),
            body: .bytes(bytes),
            etag: contentHash(bytes)
        )
        // Clients keep the file but must ask again each time, so that a new build is visible at the next reload.
        response.cacheControl = "no-cache"
        return response
    }
}

/// The media type by the file's extension; browsers accept scripts and styles only with the right type.
private func mediaType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    case "txt", "md": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
}

/// The length and a checksum: enough to distinguish two builds of one file.
private func contentHash(_ bytes: [UInt8]) -> String {
    let sum = unsafe bytes.withUnsafeBufferPointer { unsafe crc32_z(0, $0.baseAddress, $0.count) }
    return String(bytes.count, radix: 16) + "-" + String(sum, radix: 16)
}
