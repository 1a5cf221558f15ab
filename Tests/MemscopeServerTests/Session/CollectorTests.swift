import Glibc
import MemscopeServer
import Testing

@Suite("Collector") struct CollectorTests {
    @Test("The timeline gets a point each second, and its figures are there from the first") func timeline() async {
        await #expect(processExitsWith: .success) {
            let server = try MemScope.serve(port: 0)
            // The first is there at once, as soon as the thread gets a processor.
            for _ in 1...100 where points(of: server).time.list.isEmpty { usleep(100_000) }
            #expect(!points(of: server).time.list.isEmpty)
            let held = (0..<10).map { _ in allocateHeld(2_000_000) }
            defer { held.forEach { free(block: $0) } }
            // A busy machine may be late, which the tick catches up with or leaves a gap for.
            for _ in 1...100 where points(of: server).time.list.count < 5 { usleep(200_000) }
            let columns = points(of: server)
            let times = columns.time.list.compactMap(\.number)
            #expect(times.count >= 5)
            for (earlier, later) in zip(times, times.dropFirst().dropLast()) {
                #expect(later - earlier >= 500_000_000)
            }
            #expect(columns.keys.allSatisfy { columns[dynamicMember: $0].list.count == times.count })
            let live = columns.liveBytes.list.compactMap(\.number)
            #expect((live.last ?? 0) - (live.first ?? 0) > 15_000_000)
            #expect(columns.rssBytes.list.last?.number ?? 0 > 1_000_000)
            let summary = try #require(ask(server.url, "GET /api/summary").map { Answer($0).data })
            #expect(summary.ownBytes.number.map { $0 > 0 && $0 <= summary.ownLimitBytes.number ?? 0 } == true)
            #expect(summary.allocatorHeldBytes.number ?? 0 > 0)
            #expect(summary.rates.allocationsPerSecond.number != nil)
        }
    }

    @Test("A listener gets the summary each second, and what happens as it happens") func events() async {
        await #expect(processExitsWith: .success) {
            let server = try MemScope.serve(port: 0)
            let client = RawClient(url: server.url)
            client.setReceiveTimeout(seconds: 60)
            client.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let first = try #require(client.receive(until: "event: summary\ndata: {"))
            #expect(first.contains("Content-Type: text/event-stream"))
            for _ in 1...3 { #expect(client.receive(until: "event: summary\n") != nil) }
            let mark = ask(server.url, "POST /api/mark", body: #"{"name":"line\nbreak"}"#)
            #expect(mark?.status == 201)
            #expect(client.receive(until: "event: mark\ndata: {")?.contains(#""name":"line\nbreak""#) == true)
            #expect(askPatiently(server.url, "POST /api/snapshots", body: #"{"name":"one"}"#)?.status == 201)
            #expect(client.receive(until: "event: snapshot\ndata: {") != nil)
            #expect(ask(server.url, "POST /api/mode", body: #"{"mode":"balanced"}"#)?.status == 200)
            #expect(client.receive(until: "event: mode\ndata: {") != nil)
            MemScope.mark("from the program")
            #expect(client.receive(until: "from the program") != nil)
        }
    }

    @Test("MemScope's own threads are not among the program's") func ownThreads() async {
        await #expect(processExitsWith: .success) {
            let server = try MemScope.serve(port: 0)
            #expect(askPatiently(server.url, "GET /api/sites")?.status == 200)
            let answer = try #require(askPatiently(server.url, "GET /api/threads?limit=1000").map { Answer($0) })
            let names = answer.data.threads.list.compactMap(\.name.text)
            #expect(!names.isEmpty)
            #expect(Set(names).isDisjoint(with: ["memscope-http", "memscope-work", "memscope-tick"]))
            // These three, and the one that started them and ended.
            #expect(answer.data.ownThreads.count.number == 4)
            #expect(answer.data.ownThreads.allocations.number ?? 0 > 0)
        }
    }
}

private func points(of server: MemScope.Server) -> JSONValue {
    ask(server.url, "GET /api/timeline").map { Answer($0).data.points } ?? JSONValue(nil)
}
