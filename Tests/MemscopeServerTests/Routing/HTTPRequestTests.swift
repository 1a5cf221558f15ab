import MemscopeServer
import Testing

@Suite("Request") struct HTTPRequestTests {
    private func request(_ target: String) throws -> HTTPRequest {
        try HTTPRequest(method: "GET", target: target, headers: [])
    }

    @Test("Path and query are percent-decoded and keep their order") func decoding() throws {
        let request = try request("/api/a%2Fb?sort=-bytes&name=a+b%26c&empty&last=%C3%A4=1")
        #expect(request.path == "/api/a/b")
        #expect(
            request.query == [
                .init("sort", "-bytes"), .init("name", "a b&c"), .init("empty", ""), .init("last", "ä=1"),
            ]
        )
    }

    @Test("A slash that is percent-encoded ends no segment") func encodedSlash() throws {
        let request = try request("/api/types/A%2FB%3CInt%3E/objects")
        #expect(request.segments == ["", "api", "types", "A/B<Int>", "objects"])
        #expect(request.path == "/api/types/A/B<Int>/objects")
        let route = Route.get("/api/types/{name}/objects") { _ in HTTPResponse(json: []) }
        #expect(try Router([route]).match(request).request.captures == ["name": "A/B<Int>"])
    }

    @Test("A plus sign in the path is a plus sign") func plus() throws {
        #expect(try request("/a+b").path == "/a+b")
    }

    @Test("A target with an authority is its path, and the authority the host") func absolute() throws {
        for (target, path, host) in [
            ("http://localhost:9100/api/sites?limit=2", "/api/sites", "localhost:9100"), ("HTTP://a", "/", "a"),
            ("http://[::1]:1?limit=2", "/", "[::1]:1"),
        ] {
            let request = try HTTPRequest(method: "GET", target: target, headers: [HTTPHeader("HOST", "other")])
            #expect(request.path == path && request.headers.values(of: "Host") == [host])
            #expect(request.string("limit") == (target.contains("?") ? "2" : nil))
        }
        let twice = [HTTPHeader("Host", "a"), HTTPHeader("Host", "b")]
        #expect(throws: HTTPError.self) { try HTTPRequest(method: "GET", target: "http://a/", headers: twice) }
    }

    @Test(
        "A broken target is refused with 400",
        arguments: ["", "api", "*", "https://host/", "http:/x", "/%", "/%4", "/%zz", "/%+1", "/%00", "/?a=%FF", "/%C3"]
    )
    func brokenTarget(target: String) throws {
        let error = try #require(throws: HTTPError.self) { try request(target) }
        #expect(error.status == 400)
        #expect(error.code == .badRequest)
    }

    @Test("Header names compare without case") func headers() {
        let request = HTTPRequest(path: "/", headers: [HTTPHeader("CONTENT-type", "a"), HTTPHeader("X", "b")])
        #expect(request.header("Content-Type") == "a")
        #expect(request.header("Y") == nil)
    }
}

@Suite("Query parameters") struct ParameterTests {
    private enum Weight: String, CaseIterable { case bytes, blocks }

    private func request(_ query: String) throws -> HTTPRequest {
        try HTTPRequest(method: "GET", target: "/api/sites?\(query)", headers: [])
    }

    @Test("An unknown parameter is refused, naming it and the accepted ones") func unknown() throws {
        let error = try #require(throws: HTTPError.self) { try request("limti=1").allowParameters("limit", "sort") }
        #expect(error.status == 400)
        #expect(error.code == .badParameter)
        #expect(error.message.contains("limti"))
        #expect(error.hint.contains("limit, sort"))
    }

    @Test("A route without parameters says so") func none() throws {
        let error = try #require(throws: HTTPError.self) { try request("a=1").allowParameters() }
        #expect(error.hint == "/api/sites takes no parameters")
    }

    @Test("A parameter given twice is refused") func repeated() throws {
        #expect(throws: HTTPError.self) { try request("limit=1&limit=2").allowParameters("limit") }
    }

    @Test("A number within its range is read, an absent one is the default") func int() throws {
        #expect(try request("limit=7").int("limit", in: 1...1000, default: 100) == 7)
        #expect(try request("").int("limit", in: 1...1000, default: 100) == 100)
    }

    @Test(
        "Anything but a number within the range is refused with the range",
        arguments: ["0", "1001", "-1", "", "1.5", "ten", "99999999999999999999"]
    )
    func badInt(value: String) throws {
        let error = try #require(throws: HTTPError.self) {
            try request("limit=\(value)").int("limit", in: 1...1000, default: 100)
        }
        #expect(error.message.contains("\"\(value)\""))
        #expect(error.hint.contains("1 to 1000"))
    }

    @Test("A choice is one of its words") func choice() throws {
        #expect(try request("weight=blocks").choice("weight", default: Weight.bytes) == .blocks)
        #expect(try request("").choice("weight", default: Weight.bytes) == .bytes)
        #expect(try request("to=now").choice("to", of: ["now", "then"], default: "then") == "now")
        let error = try #require(throws: HTTPError.self) {
            try request("weight=kilos").choice("weight", default: Weight.bytes)
        }
        #expect(error.hint.contains("bytes, blocks"))
    }

    @Test("A required parameter that is missing or empty is refused") func required() throws {
        #expect(try request("from=3").requiredName("from", example: "1") == "3")
        #expect(try request("").name("to", example: "1") == nil)
        #expect(throws: HTTPError.self) { try request("").requiredName("from", example: "1") }
        #expect(throws: HTTPError.self) { try request("from=").requiredName("from", example: "1") }
        #expect(throws: HTTPError.self) { try request("to=").name("to", example: "1") }
    }
}
