/// A route's answer.
///
/// Routes set only what is special about their answer; security headers, compression and `304 Not Modified` are added
/// when it is sent.
package struct HTTPResponse: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        case bytes([UInt8])
        /// Server-sent events: first these, then all events that the `EventHub` publishes.
        case events([ServerEvent])
    }

    package var status: Int
    package var headers: [HTTPHeader]
    package var contentType: String
    package var body: Body
    /// A tag that identifies the content, without quotes.
    ///
    /// It is compared with the client's `If-None-Match`. The tag must not include what changes at each request, such as
    /// the time.
    package var etag: String?
    /// `no-store`, unless a route sets another value, because answers show the heap of one moment.
    package var cacheControl = "no-store"

    package init(
        status: Int = 200,
        headers: [HTTPHeader] = [],
        contentType: String,
        body: Body,
        etag: String? = nil
    ) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = body
        self.etag = etag
    }

    package init(status: Int = 200, headers: [HTTPHeader] = [], json: [UInt8], etag: String? = nil) {
        self.init(
            status: status,
            headers: headers,
            contentType: "application/json; charset=utf-8",
            body: .bytes(json),
            etag: etag
        )
    }

    package init(status: Int = 200, headers: [HTTPHeader] = [], text: String) {
        self.init(
            status: status,
            headers: headers,
            contentType: "text/plain; charset=utf-8",
            body: .bytes(Array(text.utf8))
        )
    }

    /// A stream of server-sent events that begins with `first`.
    package static func events(first: [ServerEvent] = []) -> HTTPResponse {
        HTTPResponse(contentType: "text/event-stream; charset=utf-8", body: .events(first))
    }
}

/// One server-sent event.
///
/// - SeeAlso: WHATWG HTML, 9.2 Server-sent events.
package struct ServerEvent: Sendable, Hashable {
    package var name: String
    package var data: String

    package init(_ name: String, data: String) {
        self.name = name
        self.data = data
    }

    /// The event in the form that is sent.
    ///
    /// A line break in the data begins a new `data:` line.
    package var bytes: [UInt8] {
        var out = Array("event: \(name)\n".utf8)
        for line in data.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            out += Array("data: ".utf8) + line + [UInt8(ascii: "\n")]
        }
        return out + [UInt8(ascii: "\n")]
    }
}
