/// Decides from the head of a request alone whether it is answered, and by which route.
///
/// It uses neither a socket nor a clock. The daemon calls it once per request, before the body is read.
package struct RequestGate: Sendable {
    package enum Admission: Sendable {
        /// Read a body of at most this many bytes, then run the route.
        case run(Router.Match, bodyBytes: Int)
        /// Send this response; there is no route to run.
        case answer(HTTPResponse)
    }

    let hosts: HostPolicy
    let token: AccessToken?
    /// The value of a visitor's cookie.
    ///
    /// Browsers send a cookie to every port of the host; so this value is valid for this server only, and only as a
    /// cookie.
    let session: AccessToken
    /// Cookies do not distinguish ports, so each server uses a cookie name of its own.
    let cookieName: String
    let router: Router
    let limits: HTTPDaemon.Limits

    package init(
        hosts: HostPolicy,
        token: AccessToken?,
        session: AccessToken = .random(),
        cookieName: String,
        router: Router,
        limits: HTTPDaemon.Limits
    ) {
        self.hosts = hosts
        self.token = token
        self.session = session
        self.cookieName = cookieName
        self.router = router
        self.limits = limits
    }

    /// Decides about one request.
    ///
    /// - Parameters:
    ///   - request: The request without its body.
    ///   - headerBytes: The size of the request line and all header fields.
    /// - Returns: What to do with the request.
    /// - Throws: The refusal, with status 400, 401, 403, 405, 411, 413, 415 or 431.
    package func admit(_ request: HTTPRequest, headerBytes: Int) throws(HTTPError) -> Admission {
        guard headerBytes <= limits.headerBytes else {
            throw .tooLarge(
                "the request head has \(headerBytes) bytes",
                hint: "at most \(limits.headerBytes)",
                status: 431
            )
        }
        try hosts.check(request)
        try OriginPolicy.check(request)
        if let answer = try answerVisitLink(request) { return .answer(answer) }
        let isAuthorized = isAuthorized(request)
        let match: Router.Match
        do throws(HTTPError) {
            match = try router.match(request)
        } catch {
            // Without the token, a client must not learn which routes exist.
            throw isAuthorized ? error : unauthorized
        }
        guard isAuthorized || match.route.isOpen else { throw unauthorized }
        return .run(match, bodyBytes: try bodyBytes(of: request))
    }

    /// The first visit, `/?token=…`: exchanges the token for a cookie, and removes it from the address bar, the
    /// history and the referrer of the next page.
    private func answerVisitLink(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse? {
        guard let token, request.path == "/", let offer = request.string("token") else { return nil }
        guard token.matches(offer) else { throw unauthorized }
        let cookie = "\(cookieName)=\(session.text); Path=/; HttpOnly; SameSite=Strict"
        var response = HTTPResponse(status: 303, text: "See /\n")
        response.headers = [HTTPHeader("Location", "/"), HTTPHeader("Set-Cookie", cookie)]
        return response
    }

    /// Whether a refused client sent a token or cookie, so that it may be guessing.
    func isGuess(_ request: HTTPRequest) -> Bool {
        token != nil
            && (request.header("Authorization") != nil || request.string("token") != nil
                || request.headers.values(of: "Cookie").contains { $0.contains(cookieName + "=") })
    }

    private func isAuthorized(_ request: HTTPRequest) -> Bool {
        guard let token else { return true }
        let bearer = "bearer "
        if let field = request.header("Authorization"), field.lowercased().hasPrefix(bearer) {
            return token.matches(String(field.dropFirst(bearer.count)))
        }
        let cookies = request.headers.values(of: "Cookie").flatMap { $0.split(separator: ";") }
        let wanted = cookieName + "="
        return cookies.contains { cookie in
            let pair = cookie.drop { $0 == " " }
            return pair.hasPrefix(wanted) && session.matches(String(pair.dropFirst(wanted.count)))
        }
    }

    private var unauthorized: HTTPError {
        HTTPError(
            status: 401,
            code: .unauthorized,
            message: "this server wants its token",
            hint: "open the link with ?token= that the program was given, or send Authorization: Bearer <token>",
            headers: [HTTPHeader("WWW-Authenticate", "Bearer")]
        )
    }

    private func bodyBytes(of request: HTTPRequest) throws(HTTPError) -> Int {
        guard request.header("Transfer-Encoding") == nil else {
            throw .badBody("a body without a length is not read", hint: "send Content-Length", status: 411)
        }
        let lengths = request.headers.values(of: "Content-Length")
        let types = request.headers.values(of: "Content-Type")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")  // Int would accept a sign
        let text = lengths.first ?? "0"
        guard lengths.count <= 1, text.utf8.allSatisfy({ digits ~= $0 }), let length = Int(text) else {
            throw .badRequest("the Content-Length is no number", hint: "send the number of bytes of the body, once")
        }
        guard length <= limits.bodyBytes else {
            throw .tooLarge("a body of \(length) bytes", hint: "at most \(limits.bodyBytes)")
        }
        guard request.method == "POST", length > 0 || !types.isEmpty else { return length }
        let type = types.first?.lowercased().prefix { $0 != ";" }
        guard types.count == 1, let type, type.split(whereSeparator: \.isWhitespace) == ["application/json"] else {
            throw .badBody("the body is not JSON", hint: "send Content-Type: application/json, once", status: 415)
        }
        guard request.header("Content-Encoding").map({ $0.lowercased() == "identity" }) ?? true else {
            throw .badBody("the body is encoded", hint: "send it without Content-Encoding", status: 415)
        }
        return length
    }
}
