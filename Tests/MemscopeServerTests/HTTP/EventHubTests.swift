import MemscopeServer
import Testing

@Suite("Event hub") struct EventHubTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("Each client gets every event once, in order") func order() throws {
        let hub = EventHub()
        let first = try #require(hub.subscribe())
        hub.publish(event: "a", data: "1")
        let second = try #require(hub.subscribe())
        hub.publish(event: "b", data: "2")
        #expect(text(hub.take(first)) == "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n")
        #expect(text(hub.take(second)) == "event: b\ndata: 2\n\n")
        #expect(hub.take(first).isEmpty)
    }

    @Test("A client that does not read loses its oldest events, the others none") func slow() throws {
        let hub = EventHub(queueLimit: 4)
        let slow = try #require(hub.subscribe())
        let quick = try #require(hub.subscribe())
        var seen = ""
        for number in 1...10 {
            hub.publish(event: "n", data: String(number))
            seen += text(hub.take(quick))
        }
        #expect(seen.split(separator: "\n\n").count == 10)
        #expect(text(hub.take(slow)).split(separator: "\n\n").map { $0.suffix(2) } == [" 7", " 8", " 9", "10"])
    }

    @Test("There are as many clients as allowed, and leaving makes room") func limit() throws {
        let hub = EventHub(streamLimit: 2)
        #expect(!hub.hasListeners)
        let first = try #require(hub.subscribe())
        #expect(hub.subscribe() != nil)
        #expect(hub.subscribe() == nil)
        hub.unsubscribe(first)
        #expect(hub.subscribe() != nil)
        #expect(hub.hasListeners)
    }
}
