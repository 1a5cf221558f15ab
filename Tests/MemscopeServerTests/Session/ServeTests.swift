import Glibc
import MemscopeServer
import Synchronization
import Testing

// A process has one server: each test that starts it has a process of its own.
@Suite("MemScope.serve") struct ServeTests {
    @Test("Port 0 picks one, and serving again returns the running server") func again() async {
        await #expect(processExitsWith: .success) {
            #expect(MemScope.runningServer == nil)
            let server = try MemScope.serve(port: 0)
            #expect(server.url.hasPrefix("http://127.0.0.1:"))
            #expect(!server.url.hasSuffix(":0"))
            #expect(server.visitURL == server.url)
            #expect(try MemScope.serve(port: 0) === server)
            #expect(try MemScope.serve(configuration: MemScope.ServerConfiguration(url: "unix:///x")) === server)
            #expect(MemScope.runningServer === server)
            #expect(ask(server.url, "GET /healthz")?.text == "ok\n")
            #expect(ask(server.url, "GET /")?.header("Content-Type") == "text/html; charset=utf-8")
            let config = ask(server.url, "GET /api/config").map { Answer($0).data }
            #expect(config?.serverURL.text == server.url)
        }
    }

    @Test("Threads that serve at once get one server, on a fixed port too") func atOnce() async {
        await #expect(processExitsWith: .success) {
            // An address of its own: the servers of other tests may get any free port of the usual one.
            let probe = try TestServer(address: .tcp(host: "127.77.0.2", port: 0))
            let configuration = MemScope.ServerConfiguration(url: probe.url)
            probe.daemon.stop()
            let servers = try await withThrowingTaskGroup(of: MemScope.Server.self) { group in
                for _ in 1...8 { group.addTask { try MemScope.serve(configuration: configuration) } }
                var servers: [MemScope.Server] = []
                for try await server in group { servers.append(server) }
                return servers
            }
            #expect(servers.count == 8)
            #expect(servers.allSatisfy { $0 === servers[0] })
        }
    }

    @Test("A taken port is named with the remedy, and nothing runs") func takenPort() async {
        await #expect(processExitsWith: .success) {
            let other = try TestServer()
            let port = try #require(other.url.split(separator: ":").last.flatMap { Int($0) })
            let error = try #require(throws: MemscopeServerError.self) { try MemScope.serve(port: port) }
            #expect(error.code == .addressInUse)
            #expect(error.message.contains("port \(port)"))
            #expect(error.message.contains("choose another port, or port 0"))
            #expect(MemScope.runningServer == nil)
            #expect(try ask(MemScope.serve(port: 0).url, "GET /healthz")?.status == 200)
        }
    }

    @Test("While the heap is looked at there is no snapshot, and nobody waits for one") func snapshotDuringLook() async
    {
        await #expect(processExitsWith: .success) {
            try MemScope.serve(port: 0)
            let blocks = (0..<100_000).map { [Int](repeating: $0, count: 4) }
            let isDone = Flag()
            let look = Task.detached {
                defer { isDone.value.store(true, ordering: .releasing) }
                return try MemScope.analyze()
            }
            var refused = 0
            for _ in 1...60_000 where !isDone.value.load(ordering: .acquiring) {
                if MemScope.snapshot(named: "meanwhile") == nil { refused += 1 }
                usleep(1000)
            }
            #expect(try await look.value.leaks.count >= 0)
            #expect(refused > 0)
            #expect(MemScope.snapshot(named: "after") != nil)
            #expect(blocks.count == 100_000)
        }
    }

    @Test("A number that is no port is named with those that are", arguments: [-1, 65_536, 70_000, Int.max, Int.min])
    func badPort(port: Int) throws {
        let error = try #require(throws: MemscopeServerError.self) { try MemScope.serve(port: port) }
        #expect(error.code == .invalidAddress)
        #expect(error.message == "there is no port \(port); use 1 to 65535, or 0 to pick a free one")
    }

    @Test(
        "A URL that is no address is named with the forms there are",
        arguments: ["", "127.0.0.1:9100", "https://127.0.0.1:9100", "http://127.0.0.1:70000", "unix://relative"]
    )
    func badURL(url: String) throws {
        let error = try #require(throws: MemscopeServerError.self) {
            try MemScope.serve(configuration: MemScope.ServerConfiguration(url: url))
        }
        #expect(error.code == .invalidAddress)
        #expect(error.message.contains("\"\(url)\""))
        #expect(error.message.contains("http://127.0.0.1:9100"))
    }

    @Test("Stopping frees the port at once, may be repeated, and serving goes on after it") func stop() async {
        await #expect(processExitsWith: .success) {
            let any = MemScope.ServerConfiguration(url: "http://127.77.0.3:0")
            let first = try MemScope.serve(configuration: any)
            first.stop()
            first.stop()
            #expect(MemScope.runningServer == nil)
            #expect(!RawClient(url: first.url).isConnected)
            #expect(MemScope.snapshot() == "s1")
            MemScope.mark("between")
            let second = try MemScope.serve(configuration: MemScope.ServerConfiguration(url: first.url))
            #expect(second !== first && second.url == first.url)
            first.stop()
            #expect(MemScope.runningServer === second)
            let answer = ask(second.url, "GET /api/timeline").map { Answer($0) }
            #expect(answer?.status == 200)
            #expect(answer?.data.marks.list.map(\.name.text) == ["between"])
        }
    }

    @Test("A mark and a snapshot of the program's own are on its server") func markAndSnapshot() async {
        await #expect(processExitsWith: .success) {
            let server = try MemScope.serve(port: 0)
            MemScope.mark("phase two")
            #expect(MemScope.snapshot(named: "before") == "s1")
            let marks = ask(server.url, "GET /api/timeline").map { Answer($0).data.marks.list }
            #expect(marks?.map(\.name.text) == ["phase two"])
            let found = ask(server.url, "GET /api/snapshot?id=before").map { Answer($0).data.snapshot }
            #expect(found?.id.text == "s1")
        }
    }

    @Test("A unix socket is served") func unixSocket() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            defer { folder.remove() }
            let url = "unix://\(folder.path)/heap.sock"
            let server = try MemScope.serve(configuration: MemScope.ServerConfiguration(url: url))
            #expect(server.url == url)
            #expect(ask(url, "GET /api/summary").map { Answer($0).data.liveBytes.number ?? 0 } ?? 0 > 0)
            server.stop()
            #expect(!RawClient(url: url).isConnected)
        }
    }

    @Test("A token that was set is wanted on loopback too; a short one is refused") func token() async {
        await #expect(processExitsWith: .success) {
            var configuration = MemScope.ServerConfiguration(url: "http://127.0.0.1:0", token: "short")
            let error = try #require(throws: MemscopeServerError.self) {
                try MemScope.serve(configuration: configuration)
            }
            #expect(error.code == .invalidToken)
            configuration.token = "sixteen-letters0"
            let server = try MemScope.serve(configuration: configuration)
            #expect(server.visitURL.hasPrefix(server.url + "/?token="))
            for target in ["/", "/api/summary", "/metrics", "/nothing"] {
                #expect(ask(server.url, "GET \(target)")?.status == 401)
            }
            #expect(ask(server.url, "GET /healthz")?.status == 200)
            let bearer = "Authorization: Bearer sixteen-letters0"
            #expect(ask(server.url, "GET /api/summary", headers: bearer)?.status == 200)
            #expect(ask(server.url, "GET \(server.visitURL.dropFirst(server.url.count))")?.status == 303)
        }
    }

    @Test("A folder to serve from is served instead of what is compiled in") func documentRoot() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            defer { folder.remove() }
            folder.write("index.html", "<p>mine")
            let configuration = MemScope.ServerConfiguration(url: "http://127.0.0.1:0", documentRoot: folder.path)
            let server = try MemScope.serve(configuration: configuration)
            #expect(ask(server.url, "GET /")?.text == "<p>mine")
            #expect(ask(server.url, "GET /api/summary")?.status == 200)
        }
    }

    @Test("A forked child has no server, and may start one of its own") func fork() async {
        await #expect(processExitsWith: .success) {
            let parents = try MemScope.serve(port: 0)
            let child = forkProcess()
            if child == 0 {
                guard MemScope.runningServer == nil, let own = try? MemScope.serve(port: 0), own.url != parents.url
                else { _exit(1) }
                guard ask(own.url, "GET /healthz")?.status == 200, MemScope.runningServer === own else { _exit(2) }
                parents.stop()
                guard MemScope.runningServer === own, ask(own.url, "GET /api/summary")?.status == 200
                else { _exit(3) }
                own.stop()
                _exit(MemScope.runningServer == nil ? 0 : 4)
            }
            var status: Int32 = -1
            unsafe waitpid(child, &status, 0)
            #expect(status == 0)
            #expect(ask(parents.url, "GET /healthz")?.status == 200)
        }
    }
}

private final class Flag: Sendable {
    let value = Atomic(false)
}
