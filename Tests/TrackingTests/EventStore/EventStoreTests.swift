import Synchronization
import Testing
import Tracking

@Suite("Event store") struct EventStoreTests {
    private func event(_ number: UInt64) -> Event {
        Event(
            kind: number.isMultiple(of: 2) ? .allocation : .free,
            time: number,
            address: number * 16,
            size: 8,
            site: 1,
            thread: 1,
            task: 0
        )
    }

    @Test("It keeps the newest in order and counts what it dropped", arguments: [0, 1, 9, 10, 11, 25, 100])
    func bound(count: UInt64) {
        let store = EventStore(capacity: 10)
        // In uneven batches, so that the wrap falls inside of one.
        var next: UInt64 = 0
        while next < count {
            let end = min(next + 7, count)
            store.append((next..<end).map(event))
            next = end
        }
        let kept = (count - min(count, 10))..<count
        #expect(store.latest(.max).map(\.time) == Array(kept))
        #expect(store.counts == (count, count - UInt64(kept.count)))
    }

    @Test("A batch beyond the capacity leaves its end") func bigBatch() {
        let store = EventStore(capacity: 10)
        store.append((0..<1000).map(event))
        #expect(store.latest(10) == (990..<1000).map(event))
        #expect(store.counts == (1000, 990))
    }

    @Test("A limit gives that many of the newest, oldest first", arguments: [0, 1, 3, 10, 50])
    func limit(limit: Int) {
        let store = EventStore(capacity: 10)
        store.append((0..<15).map(event))
        #expect(store.latest(limit).map(\.time) == Array((5..<15).suffix(limit)))
    }

    @Test("An empty batch changes nothing") func empty() {
        let store = EventStore(capacity: 1)
        store.append([])
        #expect(store.latest(1).isEmpty)
        #expect(store.counts == (0, 0))
    }

    @Test("A reader beside the writer sees whole events, ascending and bounded") func concurrent() {
        let store = EventStore(capacity: 500)
        let isDone = Atomic(false)
        let writer = PlainThread {
            for batch in UInt64(0)..<2000 { store.append((batch * 37..<(batch + 1) * 37).map(event)) }
            isDone.store(true, ordering: .releasing)
        }
        var newest: UInt64 = 0
        while !isDone.load(ordering: .acquiring) {
            let events = store.latest(500)
            #expect(events.count <= 500)
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.time + 1 == $1.time })
            #expect(events.allSatisfy { $0 == event($0.time) })
            let last = events.last?.time ?? 0
            #expect(last >= newest)
            newest = last
        }
        writer.join()
        #expect(store.counts.appended == 74_000)
        #expect(store.latest(1).first?.time == 73_999)
    }

    @Test("A store for nothing is refused") func noCapacity() async {
        await #expect(processExitsWith: .failure) { _ = EventStore(capacity: 0) }
    }
}
