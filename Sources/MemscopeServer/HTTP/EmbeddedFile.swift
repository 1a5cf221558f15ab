internal import CHTTP

/// A file of the dashboard that is part of the binary.
///
/// It is safe to share: the bytes are constants of the image and never change.
@safe package struct EmbeddedFile: @unchecked Sendable {
    /// The path in a URL, such as "/js/main.js".
    package let path: String
    private let content: UnsafeBufferPointer<UInt8>

    package var bytes: [UInt8] { unsafe Array(content) }

    package static let all: [EmbeddedFile] = {
        var count = 0
        let table = unsafe mscope_http_files(&count)
        return unsafe UnsafeBufferPointer(start: table, count: count).map { file in
            unsafe EmbeddedFile(
                path: String(cString: file.path),
                content: UnsafeBufferPointer(start: file.bytes, count: file.length)
            )
        }
    }()
}
