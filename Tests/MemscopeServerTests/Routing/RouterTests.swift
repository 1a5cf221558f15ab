import MemscopeRender
import MemscopeServer
import Testing

@Suite("Router") struct RouterTests {
    private let router = Router(testRoutes) { request in
        request.path == "/page.html" ? HTTPResponse(contentType: "text/html", body: .bytes([])) : nil
    }

    private func refusal(_ method: String, _ path: String) throws -> HTTPError {
        try #require(throws: HTTPError.self) { try router.respond(to: HTTPRequest(method: method, path: path)) }
    }

    @Test("A capture gets the segment in its place") func capture() throws {
        let match = try router.match(HTTPRequest(path: "/api/objects/0x1f"))
        #expect(match.request.parameters == ["addr": "0x1f"])
        #expect(match.route.description.path == "/api/objects/{addr}")
    }

    @Test("A capture matches one non-empty segment", arguments: ["/api/objects/", "/api/objects", "/api/objects/1/2"])
    func captureMisses(path: String) throws {
        #expect(try refusal("GET", path).status == 404)
    }

    @Test("An unknown path is a 404 with the list of routes") func unknownPath() throws {
        let error = try refusal("GET", "/api/nonsense")
        #expect(error.status == 404)
        #expect(error.routes.contains("GET /api/objects/{addr}"))
        #expect(error.routes.count == testRoutes.count)
    }

    @Test("A known path under another method is a 405 with Allow") func wrongMethod() throws {
        let get = try refusal("GET", "/api/mark")
        #expect(get.status == 405)
        #expect(get.headers == [HTTPHeader("Allow", "POST")])
        #expect(try refusal("DELETE", "/healthz").headers == [HTTPHeader("Allow", "GET, HEAD")])
    }

    @Test("Methods are case-sensitive") func methodCase() throws {
        #expect(try refusal("get", "/healthz").status == 405)
    }

    @Test("HEAD is answered as GET") func head() throws {
        #expect(try router.respond(to: HTTPRequest(method: "HEAD", path: "/healthz")).status == 200)
    }

    @Test("The fallback answers what no route does, for GET and HEAD only") func fallback() throws {
        #expect(try router.respond(to: HTTPRequest(path: "/page.html")).contentType == "text/html")
        #expect(try router.respond(to: HTTPRequest(method: "HEAD", path: "/page.html")).status == 200)
        #expect(try refusal("POST", "/page.html").status == 405)
        #expect(try refusal("POST", "/other.html").status == 404)
    }
}

@Suite("Refusal") struct HTTPErrorTests {
    @Test("It renders as the documented JSON") func json() {
        let response = HTTPError.badParameter("unknown \"x\"\n\u{1}\\", hint: "ä").response
        let text = #"{"error":{"code":"bad-parameter","message":"unknown \"x\"\n\u0001\\","hint":"ä"}}"#
        #expect(response.body == .bytes(Array(text.utf8)))
        #expect(response.status == 400)
        #expect(response.contentType == "application/json; charset=utf-8")
    }

    @Test("A 404 lists the routes beside the error") func routes() {
        let response = HTTPError.notFound("m", hint: "h", routes: ["GET /a", "POST /b"]).response
        let text = #"{"error":{"code":"not-found","message":"m","hint":"h"},"routes":["GET /a","POST /b"]}"#
        #expect(response.body == .bytes(Array(text.utf8)))
    }

    @Test("Busy says when to come back") func busy() {
        #expect(HTTPError.busy("m", retryAfterSeconds: 3).response.headers == [HTTPHeader("Retry-After", "3")])
    }
}

@Suite("Server-sent event") struct ServerEventTests {
    @Test(
        "Line breaks in the data become data lines",
        arguments: [
            ("{}", "event: mark\ndata: {}\n\n"), ("a\nb", "event: mark\ndata: a\ndata: b\n\n"),
            ("", "event: mark\ndata: \n\n"),
        ]
    )
    func lines(data: String, wire: String) {
        #expect(String(decoding: ServerEvent("mark", data: data).bytes, as: UTF8.self) == wire)
    }
}
