/// Prevents pages of other sites from using the visitor's browser to send requests to this server: they may only link
/// to it.
package enum OriginPolicy {
    /// - Throws: 403 `forbidden-origin`.
    /// - SeeAlso: W3C, Fetch Metadata Request Headers.
    package static func check(_ request: HTTPRequest) throws(HTTPError) {
        try checkFetchMetadata(request)
        guard request.method != "GET", request.method != "HEAD", let origin = request.header("Origin") else { return }
        let host = request.header("Host") ?? ""
        guard ["http://\(host)", "https://\(host)"].contains(origin.lowercased()) || origin == "http://\(host)" else {
            throw forbidden("origin \"\(origin)\" may not change anything here", "send the request from http://\(host)")
        }
    }

    private static func checkFetchMetadata(_ request: HTTPRequest) throws(HTTPError) {
        guard let site = request.header("Sec-Fetch-Site"), !["same-origin", "none"].contains(site) else { return }
        let isLink =
            ["GET", "HEAD"].contains(request.method) && request.header("Sec-Fetch-Mode") == "navigate"
            && request.header("Sec-Fetch-Dest") == "document"
        guard isLink else {
            throw forbidden("a page of another site (\(site)) asked for \(request.path)", "open the dashboard itself")
        }
    }

    private static func forbidden(_ message: String, _ hint: String) -> HTTPError {
        HTTPError(status: 403, code: .forbiddenOrigin, message: message, hint: hint)
    }
}
