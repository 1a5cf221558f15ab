import Glibc
import MemscopeRender
import MemscopeServer

/// A daemon on a port of its own, with a few routes that show what a client can meet.
final class TestServer: Sendable {
    let daemon: HTTPDaemon
    let hub = EventHub()

    init(
        address: ListenAddress = .loopback(port: 0),
        token: AccessToken? = nil,
        allowedHosts: [String] = [],
        files: StaticFiles = StaticFiles(),
        limits: HTTPDaemon.Limits = HTTPDaemon.Limits()
    ) throws {
        daemon = try HTTPDaemon.start(
            HTTPDaemon.Configuration(address: address, token: token, allowedHosts: allowedHosts, limits: limits),
            router: Router(testRoutes, fallback: files.respond),
            hub: hub
        )
    }

    var url: String { daemon.url }

    func connect() -> RawClient { RawClient(self) }

    func get(_ target: String, headers: String = "") -> RawAnswer? {
        send("GET \(target) HTTP/1.1" + (headers.isEmpty ? "" : "\r\n" + headers))
    }

    /// One request on a connection of its own; `head` without the final empty line.
    func send(_ head: String) -> RawAnswer? {
        let client = connect()
        let host = head.lowercased().contains("\r\nhost:") ? "" : "\r\nHost: localhost"
        client.send("\(head)\(host)\r\nConnection: close\r\n\r\n")
        return RawAnswer(client.receiveAll())
    }
}

let testRoutes: [Route] = [
    Route(RouteDescription(.get, "/healthz", isOpen: true)) { _ in HTTPResponse(text: "ok\n") },
    Route(RouteDescription(.get, "/api/echo", parameters: [RouteParameters.limit, echoSize])) {
        (request) throws(HTTPError) in
        HTTPResponse(json: [UInt8](repeating: UInt8(ascii: "7"), count: try request[echoSize]))
    },
    Route(RouteDescription(.get, "/api/objects/{addr}")) { request in
        HTTPResponse(text: request.parameters["addr"] ?? "")
    },
    Route(RouteDescription(.get, "/api/tagged")) { _ in HTTPResponse(json: Array("[1]".utf8), etag: "v1") },
    Route(RouteDescription(.get, "/api/slow", parameters: [slowness], isHeavy: true)) { (request) throws(HTTPError) in
        usleep(UInt32(try request[slowness]) * 1000)
        return HTTPResponse(text: "done\n")
    },
    Route(RouteDescription(.get, "/api/events")) { _ in .events(first: [ServerEvent("hello", data: "{}")]) },
    Route(RouteDescription(.post, "/api/mark", ignoresOthers: true)) { request in
        HTTPResponse(status: 201, json: request.body)
    },
]

private let echoSize = Parameter("size", "Bytes of the answer.", in: 1...10_000_000, default: 10)
private let slowness = Parameter("ms", "How long it takes.", in: 0...10_000, default: 300)

/// How many descriptors this process has open.
func openDescriptors() -> Int {
    (0..<1000).count { fcntl($0, F_GETFD) >= 0 }
}

/// A folder of its own for one test, removed by `remove`.
struct TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/memscope-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    func write(_ name: String, _ text: String) {
        let file = unsafe fopen("\(path)/\(name)", "w")
        unsafe fputs(text, file)
        unsafe fclose(file)
    }

    func remove() {
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            unsafe unlink("\(path)/\(name)")
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }
}
