/// A response as sent, without what libmicrohttpd adds (`Date`, the length, `Connection`).
package struct EncodedResponse: Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: HTTPResponse.Body
}

/// Turns a route's answer into the response for this client: adds security headers, 304 and gzip.
package enum ResponseEncoder {
    /// For smaller bodies, a gzip header and a second copy because of Vary cost more than they save.
    static let gzipThreshold = 1024

    private static let securityHeaders = [
        HTTPHeader(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
        HTTPHeader("X-Content-Type-Options", "nosniff"),
        HTTPHeader("Referrer-Policy", "no-referrer"),
        HTTPHeader("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    package static func encode(_ response: HTTPResponse, for request: HTTPRequest?) -> EncodedResponse {
        var encoded = EncodedResponse(
            status: response.status,
            headers: securityHeaders + response.headers,
            body: response.body
        )
        encoded.headers.append(HTTPHeader("Cache-Control", response.cacheControl))
        if let etag = response.etag {
            // The tag is weak, because the compressed form has the same one.
            encoded.headers.append(HTTPHeader("ETag", "W/\"\(etag)\""))
            if let request, response.status == 200, clientHas(etag, request) {
                encoded.status = 304
                encoded.body = .bytes([])
                return encoded
            }
        }
        encoded.headers.append(HTTPHeader("Content-Type", response.contentType))
        if let request { compress(&encoded, contentType: response.contentType, for: request) }
        return encoded
    }

    /// - SeeAlso: RFC 9110, 13.1.2 (If-None-Match compares weakly).
    private static func clientHas(_ etag: String, _ request: HTTPRequest) -> Bool {
        let offers = request.headers.values(of: "If-None-Match").flatMap { $0.split(separator: ",") }
        return offers.contains { offer in
            let tag = offer.filter { $0 != " " }
            return tag == "*" || tag == "\"\(etag)\"" || tag == "W/\"\(etag)\""
        }
    }

    private static func compress(_ encoded: inout EncodedResponse, contentType: String, for request: HTTPRequest) {
        guard case .bytes(let bytes) = encoded.body, isText(contentType),
            encoded.headers.value(of: "Content-Encoding") == nil
        else { return }
        encoded.headers.append(HTTPHeader("Vary", "Accept-Encoding"))
        guard bytes.count > gzipThreshold, acceptsGzip(request), let smaller = gzipped(bytes) else { return }
        encoded.headers.append(HTTPHeader("Content-Encoding", "gzip"))
        encoded.body = .bytes(smaller)
    }

    private static func isText(_ contentType: String) -> Bool {
        contentType.hasPrefix("text/") || contentType.hasPrefix("application/json")
            || contentType.hasPrefix("image/svg+xml") || contentType.hasPrefix("application/openmetrics-text")
    }

    /// - SeeAlso: RFC 9110, 12.5.3.
    private static func acceptsGzip(_ request: HTTPRequest) -> Bool {
        let offers = request.headers.values(of: "Accept-Encoding").flatMap { $0.split(separator: ",") }
        return offers.contains { offer in
            let parts = offer.lowercased().filter { $0 != " " }.split(separator: ";")
            guard let coding = parts.first, coding == "gzip" || coding == "*" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            return weight.map { Double($0) ?? 1 } != 0
        }
    }
}
