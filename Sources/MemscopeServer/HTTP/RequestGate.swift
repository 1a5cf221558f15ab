/// Decides, from the head of a request alone, whether it is answered and by whom.
///
/// Pure: no socket, no clock. The daemon asks once per request, before any of its body
/// is read.
package struct RequestGate: Sendable {
    package enum Admission: Sendable {
        /// Read a body of at most this many bytes, then run.
        case run(Router.Match, bodyBytes: Int)
        /// Nothing to run.
        case answer(HTTPResponse)
    }

    let hosts: HostPolicy
    let token: AccessToken?
    /// What the cookie of a visitor holds: browsers send it to every port of the host, so it opens this server alone,
    /// and only as a cookie.
    let session: AccessToken
    /// Cookies do not know ports, so each server has a name of its own.
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
    ///   - request: Without its body.
    ///   - headerBytes: Size of the request line and all header fields.
    /// - Returns: What to do with it.
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
            // Which routes there are is nobody's business without the token.
            throw isAuthorized ? error : unauthorized
        }
        guard isAuthorized || match.route.isOpen else { throw unauthorized }
        return .run(match, bodyBytes: try bodyBytes(of: request))
    }

    /// The first visit, `/?token=…`: trades the token for a cookie and takes it out of
    /// the address bar, the history and the next page's referrer.
    private func answerVisitLink(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse? {
        guard let token, request.path == "/", let offer = request.string("token") else { return nil }
        guard token.matches(offer) else { throw unauthorized }
        let cookie = "\(cookieName)=\(session.text); Path=/; HttpOnly; SameSite=Strict"
        var response = HTTPResponse(status: 303, text: "See /\n")
        response.headers = [HTTPHeader("Location", "/"), HTTPHeader("Set-Cookie", cookie)]
        return response
    }

    /// Whether a client that was refused had something to present: it may be guessing.
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
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")  // Int would take a sign
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
