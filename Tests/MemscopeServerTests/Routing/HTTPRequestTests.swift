import MemscopeRender
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
        let route = Route(RouteTable.instances) { _ in HTTPResponse(json: []) }
        #expect(try Router([route]).match(request).request.parameters == ["name": "A/B<Int>"])
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

@Suite("Parameters") struct ParameterTests {
    private enum Weight: String, CaseIterable { case bytes, blocks }

    private static let limit = Parameter("limit", "Most rows.", in: 1...1000, default: 100)
    private static let weight = Parameter("weight", "What counts.", default: Weight.bytes)

    /// What a route with some parameters makes of a query.
    private func answer(
        _ query: String,
        _ parameters: any ParameterDescription...,
        read: @escaping @Sendable (HTTPRequest) throws(HTTPError) -> String = { _ in "" }
    ) throws -> String {
        let description = RouteDescription(.get, "/api/sites", parameters: parameters)
        let route = Route(description) { (request) throws(HTTPError) in HTTPResponse(text: try read(request)) }
        let request = try HTTPRequest(method: "GET", target: "/api/sites?\(query)", headers: [])
        guard case .bytes(let bytes) = try Router([route]).respond(to: request).body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func refusal(_ query: String, _ parameters: any ParameterDescription...) throws -> HTTPError {
        let description = RouteDescription(.get, "/api/sites", parameters: parameters)
        let router = Router([Route(description) { _ in HTTPResponse(text: "") }])
        let request = try HTTPRequest(method: "GET", target: "/api/sites?\(query)", headers: [])
        return try #require(throws: HTTPError.self) { try router.respond(to: request) }
    }

    @Test("An unknown parameter is refused, naming it and the accepted ones") func unknown() throws {
        let error = try refusal("limti=1", Self.limit, Self.weight)
        #expect(error.status == 400)
        #expect(error.code == .badParameter)
        #expect(error.message.contains("limti"))
        #expect(error.hint.contains("limit, weight"))
    }

    @Test("A route without parameters says so") func none() throws {
        #expect(try refusal("a=1").hint == "/api/sites takes no parameters")
    }

    @Test("A parameter given twice is refused") func repeated() throws {
        #expect(try refusal("limit=1&limit=2", Self.limit).status == 400)
    }

    @Test("A number within its range is read, an absent one is the default") func integer() throws {
        for (query, value) in [("limit=7", "7"), ("", "100")] {
            let read = try answer(query, Self.limit) { (request) throws(HTTPError) in String(try request[Self.limit]) }
            #expect(read == value)
        }
    }

    @Test(
        "Anything but a number within the range is refused with the range",
        arguments: ["0", "1001", "-1", "", "1.5", "ten", "99999999999999999999"]
    )
    func badInteger(value: String) throws {
        let error = try refusal("limit=\(value)", Self.limit)
        #expect(error.message.contains("\"\(value)\""))
        #expect(error.hint.contains("1 to 1000"))
    }

    @Test("A choice is one of its words") func choice() throws {
        for (query, word) in [("weight=blocks", "blocks"), ("", "bytes")] {
            let read = try answer(query, Self.weight) { (request) throws(HTTPError) in
                try request[Self.weight].rawValue
            }
            #expect(read == word)
        }
        #expect(try refusal("weight=kilos", Self.weight).hint == "weight is one of bytes, blocks; default bytes")
    }

    @Test("A required parameter that is missing or empty is refused") func required() throws {
        let read = try answer("from=3", RouteParameters.older) { (request) throws(HTTPError) in
            try request[RouteParameters.older]
        }
        #expect(read == "3")
        #expect(try answer("", RouteParameters.newer) == "")
        #expect(try refusal("", RouteParameters.older).hint == "add it, for example ?from=s1")
        #expect(try refusal("from=", RouteParameters.older).hint == "write for example ?from=s1")
        #expect(try refusal("to=", RouteParameters.newer).hint == "write for example ?to=s2")
    }

    @Test("A route that ignores what it does not describe takes any query") func ignoring() throws {
        let route = Route(RouteDescription(.get, "/a", ignoresOthers: true)) { _ in HTTPResponse(text: "") }
        let request = try HTTPRequest(method: "GET", target: "/a?b=1&b=2", headers: [])
        #expect(try Router([route]).respond(to: request).status == 200)
    }
}
