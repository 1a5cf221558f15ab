import MemscopeServer
import Testing

@Suite("Server over a socket") struct DaemonTests {
    @Test("A GET is answered with its length, type and the security headers") func get() throws {
        let server = try TestServer()
        let answer = try #require(server.get("/healthz"))
        #expect(answer.status == 200)
        #expect(answer.text == "ok\n")
        #expect(answer.header("Content-Length") == "3")
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
    }
}
