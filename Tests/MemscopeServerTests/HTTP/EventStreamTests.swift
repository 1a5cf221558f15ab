import Glibc
import MemscopeServer
import Testing

@Suite("Event streams") struct EventStreamTests {
    private func listen(_ server: TestServer) -> RawClient {
        let client = server.connect()
        client.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client
    }

    @Test("A client gets the first events at once and then what is published") func receive() throws {
        let server = try TestServer()
        let client = listen(server)
        let head = try #require(client.receive(until: "event: hello\ndata: {}\n\n"))
        #expect(head.contains("Content-Type: text/event-stream"))
        for number in 1...100 {
            server.hub.publish(event: "mark", data: String(number))
            #expect(client.receive(until: "data: \(number)\n\n") != nil)
        }
    }

    @Test("Silence is broken by comments and outlives the idle timeout") func heartbeat() throws {
        var limits = HTTPDaemon.Limits()
        limits.requestSeconds = 1
        limits.heartbeatSeconds = 1
        let server = try TestServer(limits: limits)
        let client = listen(server)
        #expect(client.receive(until: "hello") != nil)
        for _ in 1...5 { #expect(client.receive(until: ": \n\n") != nil) }
        server.hub.publish(event: "late", data: "1")
        #expect(client.receive(until: "event: late") != nil)
    }

    @Test("A client that does not read slows nobody and loses only its own events") func slow() throws {
        let server = try TestServer()
        let slow = server.connect()
        slow.shrinkReceiveBuffer()
        slow.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let quick = listen(server)
        #expect(quick.receive(until: "hello") != nil)
        let payload = String(repeating: "x", count: 20_000)
        for number in 1...300 {
            server.hub.publish(event: "n\(number)", data: payload)
            #expect(quick.receive(until: "event: n\(number)\n") != nil)
        }
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("There are eight at a time; the ninth is told, and leaving makes room") func limit() throws {
        let server = try TestServer()
        var clients = (1...8).map { _ in listen(server) }
        for client in clients { #expect(client.receive(until: "hello") != nil) }
        let refused = try #require(server.get("/api/events"))
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") == "5")
        clients.removeAll()
        var isAdmitted = false
        for _ in 1...100 where !isAdmitted {
            usleep(10_000)
            let client = listen(server)
            isAdmitted = client.receive(until: "\r\n\r\n")?.contains("200 OK") == true
        }
        #expect(isAdmitted)
    }

    @Test("Stopping ends the streams") func stop() throws {
        let server = try TestServer()
        let client = listen(server)
        #expect(client.receive(until: "hello") != nil)
        server.daemon.stop()
        #expect(client.receive() == nil)
        server.hub.publish(event: "nobody", data: "")
        #expect(!server.hub.hasListeners)
    }
}
