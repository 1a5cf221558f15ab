import Glibc
import MemscopeServer
import Testing

@Suite("Server lifecycle") struct DaemonLifecycleTests {
    @Test("A taken port is refused, naming it and the remedy") func takenPort() throws {
        let server = try TestServer()
        let port = try #require(server.url.split(separator: ":").last.flatMap { UInt16($0) })
        let error = try #require(throws: MemscopeServerError.self) { try TestServer(address: .loopback(port: port)) }
        #expect(error.code == .addressInUse)
        #expect(error.message.contains("port \(port)"))
        #expect(error.message.contains("choose another port, or port 0"))
        #expect(error.cause == "bind: Address already in use")
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("An address that the machine does not have is refused by name") func foreignAddress() throws {
        let error = try #require(throws: MemscopeServerError.self) {
            try TestServer(address: .tcp(host: "192.0.2.1", port: 0))
        }
        #expect(error.code == .invalidAddress)
        #expect(error.message.contains("192.0.2.1"))
    }

    @Test("IPv6 loopback is served") func ipv6() throws {
        let server = try TestServer(address: .tcp(host: "::1", port: 0))
        #expect(server.url.hasPrefix("http://[::1]:"))
        #expect(server.daemon.token == nil)
    }

    @Test("A stopped server frees its port, and stopping again does nothing") func stop() throws {
        // An address of its own: the servers of other tests may get any free port of the usual one.
        let host = "127.77.0.1"
        let first = try TestServer(address: .tcp(host: host, port: 0))
        let port = try #require(first.url.split(separator: ":").last.flatMap { UInt16($0) })
        #expect(first.get("/healthz")?.status == 200)
        first.daemon.stop()
        first.daemon.stop()
        #expect(!first.connect().isConnected)
        #expect(try TestServer(address: .tcp(host: host, port: port)).get("/healthz")?.status == 200)
    }
}

@Suite("Unix socket") struct UnixSocketTests {
    @Test("It serves under any host, is private, and is removed at the end") func serves() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/app.sock"
        let server = try TestServer(address: .unix(path: path))
        #expect(server.url == "unix://" + path)
        #expect(server.get("/healthz", headers: "Host: anything")?.status == 200)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        server.daemon.stop()
        #expect(unsafe stat(path, &status) != 0)
    }

    @Test("A socket in use is refused and left alone") func live() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/app.sock"
        let server = try TestServer(address: .unix(path: path))
        let error = try #require(throws: MemscopeServerError.self) { try TestServer(address: .unix(path: path)) }
        #expect(error.code == .addressInUse)
        #expect(error.message.contains(path))
        #expect(server.get("/healthz")?.status == 200)
    }

    @Test("What a dead process left is replaced") func stale() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/app.sock"
        leaveStaleSocket(path)
        #expect(try TestServer(address: .unix(path: path)).get("/healthz")?.status == 200)
    }

    @Test("Of servers that start at once on one path, one wins, and it answers there") func atOnce() async throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        for round in 0..<10 {
            let path = folder.path + "/\(round).sock"
            leaveStaleSocket(path)
            let servers = await withTaskGroup(of: TestServer?.self) { group in
                for _ in 0..<6 { group.addTask { try? TestServer(address: .unix(path: path)) } }
                return await group.reduce(into: [TestServer]()) { if let server = $1 { $0.append(server) } }
            }
            #expect(servers.count == 1)
            #expect(servers.first?.get("/healthz")?.status == 200)
        }
    }

    @Test("A plain file in its place is never touched") func plainFile() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.write("data", "precious")
        let error = try #require(throws: MemscopeServerError.self) {
            try TestServer(address: .unix(path: folder.path + "/data"))
        }
        #expect(error.message.contains("is not a socket"))
        #expect(unsafe access(folder.path + "/data", F_OK) == 0)
    }

    @Test("A folder that is missing is named") func missingFolder() throws {
        let error = try #require(throws: MemscopeServerError.self) {
            try TestServer(address: .unix(path: "/nonexistent-folder/app.sock"))
        }
        #expect(error.message.contains("/nonexistent-folder/app.sock"))
        #expect(error.cause == "bind: No such file or directory")
    }
}

private func leaveStaleSocket(_ path: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    unsafe withUnsafeBytes(of: &address) { bytes in
        _ = unsafe bind(
            descriptor,
            bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
            socklen_t(MemoryLayout<sockaddr_un>.size)
        )
    }
    close(descriptor)
}
