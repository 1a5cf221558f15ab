import MemscopeServer
import Testing

@Suite("Listen address") struct ListenAddressTests {
    @Test(
        "Accepted forms",
        arguments: [
            ("http://127.0.0.1:9100", .tcp(host: "127.0.0.1", port: 9100)),
            ("http://localhost:0/", .tcp(host: "127.0.0.1", port: 0)),
            ("http://[::1]:80", .tcp(host: "::1", port: 80)),
            ("http://0.0.0.0:9100", .tcp(host: "0.0.0.0", port: 9100)),
            ("unix:///run/app.sock", .unix(path: "/run/app.sock")),
        ] as [(String, ListenAddress)]
    )
    func accepted(url: String, address: ListenAddress) throws {
        #expect(try ListenAddress(url: url) == address)
    }

    @Test(
        "Anything else is refused, naming it and the accepted forms",
        arguments: [
            "", "9100", "127.0.0.1:9100", "https://127.0.0.1:9100", "http://127.0.0.1", "http://127.0.0.1:",
            "http://127.0.0.1:65536", "http://127.0.0.1:9100/path", "http://example.org:80", "http://::1:80",
            "http://[::1:80", "http://:80", "http://256.0.0.1:80", "unix://relative", "unix://",
            "unix:///" + String(repeating: "x", count: 107), "unix:///a\0b",
        ]
    )
    func refused(url: String) throws {
        let error = try #require(throws: MemscopeServerError.self) { try ListenAddress(url: url) }
        #expect(error.code == .invalidAddress)
        #expect(error.message.contains("\"\(url)\""))
        #expect(error.message.contains("unix:///"))
    }

    @Test(
        "Only this machine's own addresses count as loopback",
        arguments: [
            ("http://127.8.8.8:1", true), ("http://[::1]:1", true), ("unix:///x", true), ("http://0.0.0.0:1", false),
            ("http://10.0.0.1:1", false), ("http://[::]:1", false), ("http://[::ffff:10.0.0.1]:1", false),
        ]
    )
    func loopback(url: String, isLoopback: Bool) throws {
        #expect(try ListenAddress(url: url).isLoopback == isLoopback)
    }
}
