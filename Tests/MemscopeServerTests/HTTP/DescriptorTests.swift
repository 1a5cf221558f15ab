import Glibc
import MemscopeServer
import Testing

// In processes of their own, because they count descriptors of the whole process.

@Suite("Descriptors of its own") struct OwnDescriptorTests {
    @Test("None of them is one of the program's, nor of its children's") func apart() async {
        await #expect(processExitsWith: .success) {
            let before = openDescriptors()
            let server = try MemScope.serve(port: 0)
            precondition(ask(server.url, "GET /healthz")?.status == 200)
            precondition(openDescriptors() == before, "\(openDescriptors()) descriptors instead of \(before)")
            let child = forkProcess()
            if child == 0 { _exit(openDescriptors() == before ? 0 : 1) }
            var status: Int32 = -1
            unsafe waitpid(child, &status, 0)
            precondition(status == 0, "the child ended with \(status)")
            server.stop()
            precondition(openDescriptors() == before, "\(openDescriptors()) descriptors instead of \(before)")
        }
    }

    @Test("It holds no pipe of the program's open") func pipes() async {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            unsafe pipe(&ends)
            let server = try MemScope.serve(port: 0)
            close(ends[1])
            var byte: UInt8 = 0
            precondition(unsafe read(ends[0], &byte, 1) == 0)
            server.stop()
        }
    }

    @Test("It writes to what is the program's standard error by now, and holds no other") func standardError() async {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            unsafe pipe(&ends)
            dup2(ends[1], STDERR_FILENO)
            close(ends[1])
            let server = try MemScope.serve(port: 0)
            dup2(unsafe open("/dev/null", O_WRONLY), STDERR_FILENO)
            // The collector's second.
            var source = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            precondition(unsafe poll(&source, 1, 30_000) == 1)
            precondition(source.revents == Int16(POLLHUP))
            server.stop()
        }
    }
}

@Suite("Descriptors among the program's") struct SharedDescriptorTests {
    @Test("Fifty starts and stops leave no descriptor behind") func restart() async {
        await #expect(processExitsWith: .success) {
            let before = openDescriptors()
            for _ in 1...50 {
                let server = try TestServer()
                let client = server.connect()
                client.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                precondition(client.receive(until: "hello") != nil)
                precondition(server.get("/healthz")?.status == 200)
                server.daemon.stop()
            }
            precondition(openDescriptors() == before, "\(openDescriptors()) descriptors instead of \(before)")
        }
    }

    @Test("A forked child has no server: it holds none of its descriptors, and stops nothing") func fork() async {
        await #expect(processExitsWith: .success) {
            let before = openDescriptors()
            let server = try TestServer()
            precondition(openDescriptors() > before)
            let client = server.connect()
            client.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            precondition(client.receive(until: "hello") != nil)
            let child = forkProcess()
            if child == 0 {
                server.hub.publish(event: "from the child", data: "")
                server.daemon.stop()
                // The client's own descriptor is the program's and stays.
                exit(openDescriptors() == before + 1 ? 0 : 1)
            }
            var status: Int32 = -1
            unsafe waitpid(child, &status, 0)
            precondition(status == 0, "the child ended with \(status)")
            server.hub.publish(event: "from the parent", data: "")
            let events = client.receive(until: "from the parent")
            precondition(events?.contains("from the child") == false)
            precondition(server.get("/healthz")?.status == 200)
        }
    }

    @Test("A failed start leaves no descriptor behind") func failedStart() async {
        await #expect(processExitsWith: .success) {
            let server = try TestServer()
            let port = UInt16(server.url.split(separator: ":").last ?? "") ?? 0
            let before = openDescriptors()
            for _ in 1...10 { _ = try? TestServer(address: .loopback(port: port)) }
            precondition(openDescriptors() == before, "\(openDescriptors()) descriptors instead of \(before)")
        }
    }
}

/// Swift hides `fork`, because a child with one thread of many can do little: here it asks
/// for its descriptors and ends.
@_silgen_name("fork") func forkProcess() -> pid_t
