import Glibc
import MemscopeServer
import Testing

@Suite("Hostile clients") struct HostileClientTests {
    private func impatient() throws -> TestServer {
        var limits = HTTPDaemon.Limits()
        limits.requestSeconds = 1
        return try TestServer(limits: limits)
    }

    @Test(
        "A head of any size gets an answer",
        arguments: [
            (20_000, 200), (30_000, 200), (32_500, 200), (33_000, 431), (40_000, 431), (64_000, 431), (65_536, 431),
            (70_000, 431), (1_048_576, 431),
        ]
    )
    func longHead(size: Int, status: Int) throws {
        let server = try TestServer()
        let answer = server.send("GET /healthz HTTP/1.1\r\nX: " + String(repeating: "x", count: size))
        #expect(answer?.status == status)
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("A target of any size gets an answer", arguments: [(30_000, 404), (40_000, 431), (1_048_576, 431)])
    func longTarget(size: Int, status: Int) throws {
        let answer = try TestServer().send("GET /" + String(repeating: "x", count: size) + " HTTP/1.1")
        #expect(answer?.status == status)
    }

    @Test(
        "A malformed head gets one answer, with the security headers, and the connection ends",
        arguments: malformedHeads
    )
    func malformedHead(head: String, status: Int, message: String) throws {
        let server = try TestServer()
        let client = server.connect()
        client.send(head)
        let bytes = client.receiveAll()
        let answer = try #require(RawAnswer(bytes))
        #expect(answer.status == status)
        #expect(answer.text.contains(message))
        #expect(answer.header("Content-Length") == String(answer.body.count))
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        #expect(answer.header("Content-Security-Policy") != nil)
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("A head that comes byte by byte is answered; one that ends early is refused") func pieces() throws {
        let server = try TestServer()
        let client = server.connect()
        for byte in "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 {
            client.send([byte])
            usleep(1000)
        }
        #expect(RawAnswer(client.receiveAll())?.status == 200)
        let early = server.connect()
        early.send("GET /healthz HTTP/1.1\r\nHost: loc")
        early.finishSending()
        #expect(RawAnswer(early.receiveAll())?.status == 400)
    }

    @Test("An endless body is refused before it is read") func endlessBody() throws {
        let server = try TestServer()
        let head = "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for (length, status) in [("Content-Length: 1000000000", 413), ("Transfer-Encoding: chunked", 411)] {
            let client = server.connect()
            client.send("\(head)\(length)\r\n\r\n")
            let block = [UInt8](repeating: UInt8(ascii: "5"), count: 65_536)
            for _ in 1...64 where client.send(block) {}
            #expect(RawAnswer(client.receiveAll())?.status == status)
        }
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test(
        "A stalling client is told and dropped while others are served",
        arguments: [
            "", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
            "POST /api/mark HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n", "GET /",
            "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
                + "\r\n{",
        ]
    )
    func stall(start: String) throws {
        let server = try impatient()
        let client = server.connect()
        client.send(start)
        #expect(server.get("/healthz")?.status == 200)
        let answer = try #require(RawAnswer(client.receiveAll()))
        #expect(answer.status == 408)
        #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix(#"{"error":{"code":"bad-request","message":"#))
    }

    @Test("A client that drips a byte now and then is dropped all the same") func drip() throws {
        let client = try impatient().connect()
        var isOpen = client.send("GET /healthz HTTP/1.1\r\nX: ")
        for _ in 1...50 where isOpen {
            usleep(100_000)
            isOpen = client.send("x")
        }
        #expect(!isOpen)
    }

    @Test("An idle connection is closed without a word") func idle() throws {
        let client = try impatient().connect()
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.receive(until: "ok\n") != nil)
        #expect(client.receiveAll().isEmpty)
    }

    @Test("Clients that say nothing give way to those that do, and event streams stay") func flood() throws {
        let server = try TestServer()
        let stream = server.connect()
        stream.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(stream.receive(until: "hello") != nil)
        let flood = (1...300).map { _ in server.connect() }
        #expect(flood.allSatisfy { $0.isConnected })
        let client = server.connect()
        client.setReceiveTimeout(seconds: 5)  // at the timeout of a request it would take a hundred
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.receive(until: "ok\n") != nil)
        let answer = try #require(RawAnswer(flood[0].receiveAll()))
        #expect(answer.status == 408)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("all connections were taken"))
        server.hub.publish(event: "late", data: "1")
        #expect(stream.receive(until: "event: late") != nil)
    }

    @Test("While no other client waits, silent ones are left alone") func quiet() throws {
        let server = try TestServer()
        let clients = (1...HTTPDaemon.Limits().connections).map { _ in server.connect() }
        usleep(500_000)
        for client in clients {
            client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(client.receive(until: "ok\n") != nil)
        }
    }

    @Test("A client that does not read its answer is dropped") func deaf() throws {
        var limits = HTTPDaemon.Limits()
        limits.requestSeconds = 1
        limits.responseSeconds = 1
        let server = try TestServer(limits: limits)
        let client = server.connect()
        client.shrinkReceiveBuffer()
        client.send("GET /api/echo?size=10000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        var isOpen = true
        for _ in 1...50 where isOpen {
            usleep(100_000)
            isOpen = client.send("x")
        }
        #expect(!isOpen)
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("Thousands of malformed requests leave the server answering") func fuzz() throws {
        let server = try TestServer()
        var random = SeededGenerator(seed: 20_261)
        for round in 1...3000 {
            let client = server.connect()
            client.send(malformedRequest(using: &random))
            // Some wait for an answer, most leave at once.
            if round % 10 == 0 {
                client.finishSending()
                _ = client.receive()
            }
            if round % 500 == 0 { #expect(server.get("/healthz")?.status == 200, "after \(round)") }
        }
        #expect(server.get("/healthz")?.status == 200)
    }
}

/// A valid request with random damage: bytes changed, removed, repeated or cut off.
private func malformedRequest(using random: inout SeededGenerator) -> [UInt8] {
    let seeds = [
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/echo?limit=%41&size=5 HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: W/\"x\"\r\nCookie: a=b\r\n\r\n",
        "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip;q=0, *\r\n\r\n",
        "GET /api/slow?ms=0 HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nConnection: Upgrade\r\n\r\n",
    ]
    var bytes = Array(seeds[Int.random(in: 0..<seeds.count, using: &random)].utf8)
    for _ in 0...Int.random(in: 0...8, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
        case 3: bytes.insert(contentsOf: Array("\r\n: \t%\0\u{ff}".utf8), at: place)
        default: bytes.removeSubrange(place...)
        }
    }
    return bytes
}

/// SplitMix64, so that a failure can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
