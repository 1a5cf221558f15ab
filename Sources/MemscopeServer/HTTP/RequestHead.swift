/// Checks the head of a request byte by byte, before libmicrohttpd reads it.
///
/// libmicrohttpd 0.9.75 accepts heads that are nearly right: spaces before a colon, folded fields, NUL in a value, two
/// spaces in the request line. It answers some of them twice, or not at all. A head that passes this check has only one
/// meaning.
///
/// - SeeAlso: RFC 9112, 3 (request line) and 5 (fields).
package enum RequestHead {
    package enum Verdict: Sendable, Hashable {
        /// More bytes must follow.
        case incomplete
        /// The head is complete and well-formed.
        case complete
        case refused(HTTPError)
    }

    static let mostFields = 100
    static let mostParameters = 100

    /// Checks what has arrived so far.
    ///
    /// - Parameters:
    ///   - bytes: All bytes from the first one of the connection; those after the head are ignored.
    ///   - limit: The largest size of the head, in bytes.
    /// - Returns: What to do with the request.
    package static func judge(_ bytes: some RandomAccessCollection<UInt8>, limit: Int) -> Verdict {
        var lines = 0
        var wantsHost = false
        var start = bytes.startIndex
        // One empty line before a request may be left over from the previous request.
        if bytes.starts(with: [carriageReturn, lineFeed]) { start = bytes.index(start, offsetBy: 2) }
        while let end = bytes[start...].firstIndex(of: lineFeed) {
            guard bytes.distance(from: bytes.startIndex, to: end) < limit else { return .refused(tooLong(limit)) }
            let line = bytes[start..<end]
            guard line.last == carriageReturn else {
                return .refused(
                    bad("line \(lines + 1) of the head ends with a line feed alone", "end lines with CR LF")
                )
            }
            let text = line.dropLast()
            if text.isEmpty, lines > 0 { return wantsHost ? .refused(noHost) : .complete }
            if let error = lines == 0 ? judgeRequestLine(text) : judgeField(text) { return .refused(error) }
            if lines == 0 {
                wantsHost = text.last == UInt8(ascii: "1")
            } else if String(decoding: text.prefix(5), as: UTF8.self).lowercased() == "host:" {
                wantsHost = false
            }
            lines += 1
            guard lines <= mostFields + 1 else {
                return .refused(.tooLarge("more than \(mostFields) header fields", hint: "send fewer", status: 431))
            }
            start = bytes.index(after: end)
        }
        if bytes.count > limit { return .refused(tooLong(limit)) }
        // Refused at once, because a client that uses another protocol waits for an answer.
        if lines == 0, let first = bytes[start...].first, !isTokenCharacter(first) { return .refused(noRequest) }
        return .incomplete
    }

    private static func judgeRequestLine(_ line: some BidirectionalCollection<UInt8>) -> HTTPError? {
        let parts = line.split(separator: space, omittingEmptySubsequences: false)
        guard let method = parts.first, !method.isEmpty, method.allSatisfy(isTokenCharacter) else { return noRequest }
        guard parts.count == 3, !parts[1].isEmpty else {
            return bad("the request line is not three words", "send it as GET /path HTTP/1.1, with single spaces")
        }
        guard parts[1].allSatisfy({ $0 > space && $0 != delete }) else {
            return bad("a control character in the request target", "write a byte as % and two hexadecimal digits")
        }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            let isHTTP = version.hasPrefix("HTTP/")
            return HTTPError(
                status: isHTTP ? 505 : 400,
                code: .badRequest,
                message: isHTTP ? "the version is not spoken here" : "the request line does not end with a version",
                hint: "send HTTP/1.1"
            )
        }
        guard let query = parts[1].firstIndex(of: UInt8(ascii: "?")) else { return nil }
        guard parts[1][query...].count(where: { $0 == UInt8(ascii: "&") }) < mostParameters else {
            return bad(
                "more than \(mostParameters) parameters",
                "send those that the route knows; /openapi.json lists them"
            )
        }
        return nil
    }

    private static func judgeField(_ line: some BidirectionalCollection<UInt8>) -> HTTPError? {
        if line.first == space || line.first == tab {
            return bad("a header field goes on in a second line", "send each field in one line")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            return bad("a line of the head has no colon", "send fields as Name: value")
        }
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(isTokenCharacter) else {
            return bad(
                "the name of a header field has a character that names do not have",
                "send fields as Name: value, with no space before the colon"
            )
        }
        let value = line[line.index(after: colon)...]
        guard value.allSatisfy({ ($0 >= space || $0 == tab) && $0 != delete }) else {
            return bad("a control character in a header field", "send text only")
        }
        // A number with more digits than any real length would overflow.
        let isLength = String(decoding: name, as: UTF8.self).lowercased() == "content-length"
        let length = value.drop { $0 == space || $0 == tab }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !isLength || (!length.isEmpty && length.count < 19 && length.allSatisfy { digits ~= $0 }) else {
            return bad("the Content-Length is no number", "send the number of bytes of the body, once")
        }
        return nil
    }

    private static let (space, tab, delete) = (UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(127))
    private static let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))

    private static let noRequest = bad("this is no request of HTTP", "use http://; https:// is not spoken here")

    private static let noHost = bad("there is no Host", "send the name and port of this server as Host")

    private static func bad(_ message: String, _ hint: String) -> HTTPError {
        .badRequest(message, hint: hint)
    }

    private static func tooLong(_ limit: Int) -> HTTPError {
        .tooLarge("the request head has more than \(limit) bytes", hint: "at most \(limit)", status: 431)
    }

    /// - SeeAlso: RFC 9110, 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch UnicodeScalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "!", "#", "$", "%", "&", "'", "*", "+", "-", ".", "^", "_", "`", "|", "~":
            true
        default: false
        }
    }
}
