import MemscopeServer
import Testing

private func gate(
    _ address: ListenAddress = .loopback(port: 9100),
    hosts: [String] = [],
    token: AccessToken? = nil,
    session: AccessToken = .random()
) -> RequestGate {
    RequestGate(
        hosts: HostPolicy(address: address, names: hosts),
        token: token,
        session: session,
        cookieName: "memscope-9100",
        router: Router(testRoutes),
        limits: HTTPDaemon.Limits()
    )
}

private func request(_ method: String = "GET", _ target: String, _ headers: [String: String] = [:]) -> HTTPRequest {
    let host = headers["Host"] == nil ? [HTTPHeader("Host", "localhost:9100")] : []
    let fields = headers.map { HTTPHeader($0.key, $0.value) }
    // Targets of these tests are well-formed.
    return (try? HTTPRequest(method: method, target: target, headers: host + fields)) ?? HTTPRequest(path: "/broken")
}

private func refusal(_ gate: RequestGate, _ request: HTTPRequest, headerBytes: Int = 100) -> HTTPError? {
    do throws(HTTPError) {
        _ = try gate.admit(request, headerBytes: headerBytes)
        return nil
    } catch {
        return error
    }
}

@Suite("Host allow-list") struct HostPolicyTests {
    @Test(
        "Names of this machine are served with and without a port",
        arguments: ["localhost", "localhost:9100", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:9100"]
    )
    func known(host: String) {
        #expect(refusal(gate(), request("GET", "/healthz", ["Host": host])) == nil)
    }

    @Test(
        "Anything else is refused with forbidden-host",
        arguments: [
            "evil.example", "evil.example:9100", "localhost.evil.example", "localhost.", "", "192.168.1.5", "::1",
            "[::1", "[localhost]", "localhost:", "localhost:99999", "localhost:9100x", "localhost:-1", "a b",
        ]
    )
    func foreign(host: String) {
        let error = refusal(gate(), request("GET", "/healthz", ["Host": host]))
        #expect(error?.status == 403)
        #expect(error?.code == .forbiddenHost)
        #expect(error?.hint.contains("localhost") == true)
    }

    @Test("A configured name and the bound address are served") func configured() {
        let gate = gate(.tcp(host: "10.0.0.7", port: 9100), hosts: ["Demo.Example"])
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "demo.example:9100"])) == nil)
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "10.0.0.7"])) == nil)
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "10.0.0.8"]))?.status == 403)
    }

    @Test("A wildcard address serves any literal address but no foreign name") func wildcard() {
        let gate = gate(.tcp(host: "0.0.0.0", port: 9100))
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "192.168.1.5:8080"])) == nil)
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "[fe80::1]"])) == nil)
        #expect(refusal(gate, request("GET", "/healthz", ["Host": "evil.example"]))?.status == 403)
    }

    @Test("Over a unix socket any host will do") func unix() {
        #expect(refusal(gate(.unix(path: "/run/x")), request("GET", "/healthz", ["Host": "whatever"])) == nil)
    }

    @Test("Two Host headers are refused") func twice() {
        var twice = request("GET", "/healthz")
        twice.headers.append(HTTPHeader("host", "localhost"))
        #expect(refusal(gate(), twice)?.status == 400)
    }
}

@Suite("Origin rules") struct OriginPolicyTests {
    @Test(
        "A POST from the same origin or from no browser passes",
        arguments: [
            [:], ["Origin": "http://localhost:9100"], ["Origin": "https://localhost:9100"],
            ["Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:9100"], ["Sec-Fetch-Site": "none"],
        ]
    )
    func same(headers: [String: String]) {
        #expect(refusal(gate(), request("POST", "/api/mark", headers)) == nil)
    }

    @Test(
        "A POST from elsewhere is refused with forbidden-origin",
        arguments: [
            ["Origin": "http://evil.example"], ["Origin": "null"], ["Origin": ""], ["Origin": "http://localhost:3000"],
            ["Origin": "http://localhost"], ["Origin": "ftp://localhost:9100"], ["Sec-Fetch-Site": "cross-site"],
            ["Sec-Fetch-Site": "same-site", "Origin": "http://localhost:9100"],
        ]
    )
    func foreign(headers: [String: String]) {
        let error = refusal(gate(), request("POST", "/api/mark", headers))
        #expect(error?.status == 403)
        #expect(error?.code == .forbiddenOrigin)
    }

    @Test("Another site may link here, but not fetch or embed") func links() {
        let link = ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"]
        #expect(refusal(gate(), request("GET", "/healthz", link)) == nil)
        #expect(refusal(gate(), request("POST", "/api/mark", link))?.status == 403)
        let frame = ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"]
        #expect(refusal(gate(), request("GET", "/healthz", frame))?.status == 403)
        let fetch = ["Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"]
        #expect(refusal(gate(), request("GET", "/api/slow", fetch))?.status == 403)
    }
}

@Suite("Token") struct TokenTests {
    private let secret = "correct-horse-battery"

    private func gate() throws -> RequestGate {
        try MemscopeServerTests.gate(token: AccessToken(secret), session: AccessToken("session-of-a-visitor"))
    }

    @Test("Without it there is 401 with a hint") func missing() throws {
        let error = refusal(try gate(), request("GET", "/api/echo"))
        #expect(error?.status == 401)
        #expect(error?.code == .unauthorized)
        #expect(error?.headers == [HTTPHeader("WWW-Authenticate", "Bearer")])
        #expect(error?.hint.contains("Bearer") == true)
    }

    @Test(
        "Bearer and cookie open, whatever else the cookie holds",
        arguments: [
            ["Authorization": "Bearer correct-horse-battery"], ["Authorization": "bearer correct-horse-battery"],
            ["Cookie": "memscope-9100=session-of-a-visitor"],
            ["Cookie": "a=b; memscope-9100=session-of-a-visitor; c=d"],
        ]
    )
    func right(headers: [String: String]) throws {
        #expect(refusal(try gate(), request("GET", "/api/echo", headers)) == nil)
    }

    @Test(
        "Anything near it does not",
        arguments: [
            ["Authorization": "Bearer correct-horse-batterx"], ["Authorization": "Bearer correct-horse-batter"],
            ["Authorization": "Bearer correct-horse-battery0"], ["Authorization": "Bearer "],
            ["Authorization": "Basic correct-horse-battery"], ["Authorization": "correct-horse-battery"],
            ["Cookie": "memscope-9101=session-of-a-visitor"], ["Cookie": "session-of-a-visitor"],
            ["Cookie": "memscope-9100="], ["Cookie": "memscope-9100=correct-horse-battery"],
            ["Authorization": "Bearer session-of-a-visitor"],
        ]
    )
    func wrong(headers: [String: String]) throws {
        #expect(refusal(try gate(), request("GET", "/api/echo", headers))?.status == 401)
    }

    @Test("A token in the query opens nothing but the first page") func query() throws {
        #expect(refusal(try gate(), request("GET", "/api/echo?token=\(secret)"))?.status == 401)
    }

    @Test("The first visit trades the link for a cookie and a clean address") func link() throws {
        guard case .answer(let response) = try gate().admit(request("GET", "/?token=\(secret)"), headerBytes: 1) else {
            Issue.record("expected a redirect")
            return
        }
        #expect(response.status == 303)
        #expect(response.headers.value(of: "Location") == "/")
        #expect(
            response.headers.value(of: "Set-Cookie")
                == "memscope-9100=session-of-a-visitor; Path=/; HttpOnly; SameSite=Strict"
        )
        #expect(refusal(try gate(), request("GET", "/?token=wrong"))?.status == 401)
    }

    @Test("Open routes need none; unknown paths do") func open() throws {
        #expect(refusal(try gate(), request("GET", "/healthz")) == nil)
        #expect(refusal(try gate(), request("GET", "/nonsense"))?.status == 401)
        #expect(refusal(try gate(), request("DELETE", "/api/mark"))?.status == 401)
        let known = ["Authorization": "Bearer \(secret)"]
        #expect(refusal(try gate(), request("DELETE", "/api/mark", known))?.status == 405)
    }

    @Test(
        "A short or unusual token is refused with the rule",
        arguments: [
            "", "short", "fifteen-chars-x", "with a space inside", "semicolon;semicolon", "ünïcödé-ünïcödé",
        ]
    )
    func invalid(text: String) throws {
        let error = try #require(throws: MemscopeServerError.self) { try AccessToken(text) }
        #expect(error.code == .invalidToken)
        #expect(error.message.contains("16 characters"))
    }

    @Test("Random tokens have 128 bits and differ") func random() {
        let tokens = (0..<100).map { _ in AccessToken.random().text }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }
}

@Suite("Request limits") struct RequestLimitTests {
    @Test("A head over the limit is a 431") func head() {
        #expect(refusal(gate(), request("GET", "/healthz"), headerBytes: 32_768) == nil)
        #expect(refusal(gate(), request("GET", "/healthz"), headerBytes: 32_769)?.status == 431)
    }

    @Test(
        "The declared body decides before a byte of it is read",
        arguments: [
            ("65537", 413), ("9223372036854775807", 413), ("99999999999999999999", 400), ("-1", 400), ("x", 400),
            ("+12", 400), ("", 400), (" 12", 400), ("0x10", 400),
        ]
    )
    func body(length: String, status: Int) {
        let post = request("POST", "/api/mark", ["Content-Length": length, "Content-Type": "application/json"])
        #expect(refusal(gate(), post)?.status == status)
    }

    @Test("A body without a length is a 411") func chunked() {
        #expect(refusal(gate(), request("POST", "/api/mark", ["Transfer-Encoding": "chunked"]))?.status == 411)
    }

    @Test(
        "A POST body must be JSON",
        arguments: [
            ("application/json", nil), ("application/JSON; charset=utf-8", nil), ("text/plain", 415), ("", 415),
            ("application/x-www-form-urlencoded", 415), ("application/json x", 415), ("application/json ;a=b", nil),
        ] as [(String, Int?)]
    )
    func contentType(type: String, status: Int?) {
        for length in ["2", "0", nil] {
            var fields = ["Content-Type": type]
            fields["Content-Length"] = length
            #expect(refusal(gate(), request("POST", "/api/mark", fields))?.status == status)
        }
    }

    @Test("A body that is encoded, or of two types, is refused") func encoded() {
        let json = ["Content-Length": "2", "Content-Type": "application/json"]
        func post(_ coding: String) -> HTTPRequest {
            request("POST", "/api/mark", json.merging(["Content-Encoding": coding]) { $1 })
        }
        #expect(refusal(gate(), post("gzip"))?.status == 415)
        #expect(refusal(gate(), post("identity")) == nil)
        var twice = request("POST", "/api/mark", json)
        twice.headers.append(HTTPHeader("content-type", "text/plain"))
        #expect(refusal(gate(), twice)?.status == 415)
    }

    @Test("A POST without a body needs no type") func nothing() {
        #expect(refusal(gate(), request("POST", "/api/mark")) == nil)
        #expect(refusal(gate(), request("POST", "/api/mark", ["Content-Length": "0"])) == nil)
    }
}
