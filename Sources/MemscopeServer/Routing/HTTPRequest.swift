/// A client's request, decoded and of limited size; it contains no pointers to the connection's memory.
package struct HTTPRequest: Sendable, Hashable {
    /// A name and its value in the query.
    package struct QueryItem: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The method as sent; methods are case-sensitive.
    package var method: String
    /// The path, percent-decoded; begins with "/".
    package var path: String
    /// The parts of the path between its slashes, each percent-decoded: a part may contain a slash, sent as %2F.
    package var segments: [String]
    /// The query, percent-decoded, in the order of the request.
    package var query: [QueryItem]
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// The parameters by name, as the route describes them: those in the path and, after the check, those in the query
    /// and the body.
    package var parameters: [String: String] = [:]

    package init(
        method: String = "GET",
        path: String,
        query: [QueryItem] = [],
        headers: [HTTPHeader] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// Decodes a request target such as `/api/sites?limit=10&sort=-bytes`.
    ///
    /// A target with scheme and authority, as sent to proxies, is accepted too: its authority replaces `Host`.
    ///
    /// - Throws: 400 when the target is not a path, or when its percent-encoding is malformed, encodes a zero byte or
    ///   is not UTF-8.
    /// - SeeAlso: RFC 9112, 3.2.2.
    package init(method: String, target: String, headers: [HTTPHeader], body: [UInt8] = []) throws(HTTPError) {
        var (target, headers) = (target, headers)
        let scheme = "http://"
        if target.lowercased().hasPrefix(scheme), headers.values(of: "Host").count < 2 {
            let rest = target.dropFirst(scheme.count)
            let path = rest.drop { $0 != "/" && $0 != "?" }
            headers.removeAll { $0.name.lowercased() == "host" }
            headers.append(HTTPHeader("Host", String(rest[..<path.startIndex])))
            target = path.first == "/" ? String(path) : "/" + path
        }
        guard target.utf8.first == UInt8(ascii: "/") else {
            throw .badRequest("the request target is not a path", hint: "send a target like /api/summary")
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [QueryItem] = []
        for pair in (parts.count == 2 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try percentDecoded(sides[0], plusIsSpace: true)
            query.append(QueryItem(name, sides.count == 2 ? try percentDecoded(sides[1], plusIsSpace: true) : ""))
        }
        var segments: [String] = []
        for segment in parts[0].split(separator: "/", omittingEmptySubsequences: false) {
            segments.append(try percentDecoded(segment, plusIsSpace: false))
        }
        self.init(method: method, path: segments.joined(separator: "/"), query: query, headers: headers, body: body)
        self.segments = segments
    }

    /// The first value of a name in the query, even if no route knows this name; nil when it is absent.
    package func string(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// The first value of a header field; the case of its name does not matter.
    package func header(_ name: String) -> String? {
        headers.value(of: name)
    }
}

private func percentDecoded(_ text: Substring, plusIsSpace: Bool) throws(HTTPError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "%"):
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(Substring(digits), radix: 16), value != 0,
                digits.first != UInt8(ascii: "+")
            else {
                throw .badRequest(
                    "broken percent-encoding in the request target",
                    hint: "write a byte as %41, never as %00"
                )
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
        default: bytes.append(byte)
        }
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
        throw .badRequest("the request target is not UTF-8", hint: "percent-encode text as UTF-8")
    }
    return decoded
}
