import MemscopeServer
import Testing

@Suite("Server over a socket") struct DaemonTests {
    @Test("A GET is answered with its length, type and the security headers") func get() throws {
        let server = try TestServer()
        let answer = try #require(server.get("/healthz"))
        #expect(answer.status == 200)
        #expect(answer.text == "ok\n")
        #expect(answer.header("Content-Length") == "3")
        #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
    }

    @Test("The dashboard's page comes out of the binary") func page() throws {
        let answer = try #require(try TestServer().get("/"))
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
        #expect(answer.body == EmbeddedFile.all.first { $0.path == "/index.html" }?.bytes)
    }

    @Test("HEAD has the headers of GET and no body") func head() throws {
        let server = try TestServer()
        let answer = try #require(server.send("HEAD /healthz HTTP/1.1"))
        #expect(answer.status == 200)
        #expect(answer.header("Content-Length") == "3")
        #expect(answer.body.isEmpty)
        let stream = try #require(server.send("HEAD /api/events HTTP/1.1"))
        #expect(stream.header("Content-Type")?.hasPrefix("text/event-stream") == true)
        #expect(!server.hub.hasListeners)
    }

    @Test(
        "Refusals arrive as JSON with their headers",
        arguments: [
            ("GET /api/nonsense HTTP/1.1", 404, "not-found"), ("DELETE /healthz HTTP/1.1", 405, "method-not-allowed"),
            ("NONSENSE /healthz HTTP/1.1", 405, "method-not-allowed"),
            ("GET /api/echo?limti=1 HTTP/1.1", 400, "bad-parameter"), ("GET /%zz HTTP/1.1", 400, "bad-request"),
            ("OPTIONS * HTTP/1.1", 400, "bad-request"),
            ("GET /healthz HTTP/1.1\r\nHost: evil.example", 403, "forbidden-host"),
            ("GET /healthz HTTP/1.0\r\nHost: evil.example", 403, "forbidden-host"),
            ("POST /api/mark HTTP/1.1\r\nOrigin: http://evil.example", 403, "forbidden-origin"),
            ("POST /api/mark HTTP/1.1\r\nTransfer-Encoding: chunked", 411, "bad-body"),
            ("POST /api/mark HTTP/1.1\r\nContent-Length: 65537", 413, "too-large"),
        ]
    )
    func refusal(head: String, status: Int, code: String) throws {
        let answer = try #require(try TestServer().send(head))
        #expect(answer.status == status)
        #expect(answer.text.hasPrefix(#"{"error":{"code":"\#(code)","message":"#))
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        if status == 405 { #expect(answer.header("Allow") == "GET, HEAD") }
    }

    @Test("A POST body reaches its route, in pieces too") func post() throws {
        let server = try TestServer()
        let body = String(repeating: "x", count: 65_536)
        let client = server.connect()
        client.send("POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        client.send("Content-Length: 65536\r\nConnection: close\r\n\r\n" + body.prefix(10_000))
        client.send(String(body.dropFirst(10_000)))
        let answer = try #require(RawAnswer(client.receiveAll()))
        #expect(answer.status == 201)
        #expect(answer.text == body)
    }

    @Test("One connection serves one request, and says so: the head of a second would not be judged")
    func oneRequest() throws {
        let client = try TestServer().connect()
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.send(request + request)
        let answer = try #require(client.receive(until: "ok\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(client.receiveAll().isEmpty)
    }

    @Test("Large answers arrive whole, compressed and plain") func large() throws {
        let server = try TestServer()
        let wanted = [UInt8](repeating: UInt8(ascii: "7"), count: 5_000_000)
        #expect(server.get("/api/echo?size=5000000")?.body == wanted)
        let answer = try #require(server.get("/api/echo?size=5000000", headers: "Accept-Encoding: gzip"))
        #expect(answer.header("Content-Encoding") == "gzip")
        #expect(gunzipped(answer.body, limit: 5_000_000) == wanted)
    }

    @Test("A second visit with the tag gets 304 and no body", arguments: ["/", "/api/tagged"])
    func notModified(path: String) throws {
        let server = try TestServer()
        let tag = try #require(server.get(path)?.header("ETag"))
        let answer = try #require(server.get(path, headers: "If-None-Match: \(tag)"))
        #expect(answer.status == 304)
        #expect(answer.body.isEmpty)
        #expect(server.get(path, headers: "If-None-Match: \"other\"")?.status == 200)
    }

    @Test("The token opens by link, cookie and Bearer, and nothing else does") func token() throws {
        let server = try TestServer(token: AccessToken("correct+horse/battery="))
        #expect(server.get("/")?.status == 401)
        #expect(server.get("/healthz")?.status == 200)
        let link = server.daemon.visitURL.dropFirst(server.url.count)
        #expect(link == "/?token=correct%2Bhorse%2Fbattery%3D")
        let visit = try #require(server.get(String(link)))
        #expect(visit.status == 303)
        #expect(visit.header("Location") == "/")
        let cookie = try #require(visit.header("Set-Cookie"))
        #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        #expect(server.get("/", headers: "Cookie: " + cookie.prefix { $0 != ";" })?.status == 200)
        #expect(server.get("/", headers: "Authorization: Bearer correct+horse/battery=")?.status == 200)
        #expect(server.get("/", headers: "Authorization: Bearer wrong+horse/battery=")?.status == 401)
        #expect(server.get("/?token=wrong")?.status == 401)
    }

    @Test("Who presents a wrong token waits for the answer, and nobody waits for him") func guesses() throws {
        let server = try TestServer(token: AccessToken("correct-horse-battery"))
        let clock = ContinuousClock()
        let honest = "Authorization: Bearer correct-horse-battery"
        let guesser = server.connect()
        guesser.send("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong-horse-battery\r\n\r\n")
        let began = clock.now
        #expect(server.get("/", headers: honest)?.status == 200)
        #expect(server.get("/")?.status == 401)
        #expect(clock.now - began < .milliseconds(400))
        #expect(RawAnswer(guesser.receiveAll())?.status == 401)
        #expect(clock.now - began >= .milliseconds(450))
        // As many as there are places: the next client has one at once.
        let crowd = (0..<32).map { _ in server.connect() }
        for client in crowd {
            client.send("GET /?token=wrong HTTP/1.1\r\nHost: localhost\r\n\r\n")
        }
        let crowded = clock.now
        #expect(server.get("/", headers: honest)?.status == 200)
        #expect(clock.now - crowded < .milliseconds(400))
        #expect(crowd.allSatisfy { RawAnswer($0.receiveAll())?.status == 401 })
    }

    @Test("An address that others can reach gets a token by itself") func openAddress() throws {
        let server = try TestServer(address: .tcp(host: "0.0.0.0", port: 0))
        let token = try #require(server.daemon.token)
        #expect(server.get("/api/tagged")?.status == 401)
        #expect(server.get("/api/tagged", headers: "Authorization: Bearer \(token.text)")?.status == 200)
        #expect(server.url.hasPrefix("http://127.0.0.1:"))
    }
}

@Suite("Heavy requests") struct HeavyRequestTests {
    @Test("One runs at a time, the next is told when to come back, the others are served") func busy() throws {
        let server = try TestServer()
        let heavy = server.connect()
        heavy.send("GET /api/slow?ms=600 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        var refused: RawAnswer?
        // The second may overtake the first by a moment.
        for _ in 1...50 where refused?.status != 503 { refused = server.get("/api/slow?ms=0") }
        #expect(refused?.status == 503)
        #expect(refused?.header("Retry-After") == "1")
        #expect(refused?.text.contains(#""code":"busy""#) == true)
        #expect(server.get("/healthz")?.status == 200)
        #expect(RawAnswer(heavy.receiveAll())?.text == "done\n")
        #expect(server.get("/api/slow?ms=0")?.text == "done\n")
    }

    @Test("One after another they are never told that the server is busy") func sequence() throws {
        let server = try TestServer()
        for _ in 1...100 { #expect(server.get("/api/slow?ms=0")?.status == 200) }
    }

    @Test("A heavy request may take longer than a client may stall") func longerThanTimeout() throws {
        var limits = HTTPDaemon.Limits()
        limits.requestSeconds = 1
        #expect(try TestServer(limits: limits).get("/api/slow?ms=2500")?.text == "done\n")
    }

    @Test("A client that leaves during its heavy request harms nobody") func leaves() throws {
        let server = try TestServer()
        do {
            let client = server.connect()
            client.send("GET /api/slow?ms=200 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        }
        var answer: RawAnswer?
        for _ in 1...1000 where answer?.status != 200 { answer = server.get("/api/slow?ms=1") }
        #expect(answer?.status == 200)
    }

    @Test("Stopping waits for the one under way and drops its client") func stop() throws {
        let server = try TestServer()
        let client = server.connect()
        // Long enough to be under way still when this thread gets a processor again.
        client.send("GET /api/slow?ms=3000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        var isUnderWay = false
        for _ in 1...1000 where !isUnderWay { isUnderWay = server.get("/api/slow?ms=0")?.status != 200 }
        #expect(isUnderWay)
        server.daemon.stop()
        #expect(client.receiveAll().isEmpty)
    }
}
