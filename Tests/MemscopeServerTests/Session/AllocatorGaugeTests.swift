import Synchronization
import Testing

@testable import MemscopeServer

@Suite("What the allocator holds") struct AllocatorGaugeTests {
    /// Seconds of a clock that only the test moves, and an allocator that takes some of them to answer.
    private final class World: Sendable {
        let milliseconds = Atomic<UInt64>(10_000)
        let cost = Atomic<UInt64>(0)
        let questions = Atomic<UInt64>(0)

        var gauge: AllocatorGauge {
            AllocatorGauge(now: { self.milliseconds.load(ordering: .relaxed) * 1_000_000 }) {
                self.wait(self.cost.load(ordering: .relaxed))
                return self.questions.add(1, ordering: .relaxed).newValue
            }
        }

        func wait(_ time: UInt64) { milliseconds.add(time, ordering: .relaxed) }
    }

    @Test("Nobody asks the allocator while nobody looks") func unwatched() {
        let world = World()
        let gauge = world.gauge
        #expect(gauge.readIfWatched() == nil)
        gauge.watch()
        #expect(gauge.readIfWatched() == 1)
        world.wait(3500)
        #expect(gauge.readIfWatched() == nil && world.questions.load(ordering: .relaxed) == 1)
    }

    @Test("A client gets a figure at once, and a new one each second") func client() {
        let world = World()
        let gauge = world.gauge
        #expect(gauge.read() == 1 && gauge.read() == 1 && gauge.readIfWatched() == 1)
        world.wait(1000)
        #expect(gauge.readIfWatched() == 2 && gauge.read() == 2)
    }

    @Test("A question that costs much is asked seldom") func costly() {
        let world = World()
        let gauge = world.gauge
        world.cost.store(30, ordering: .relaxed)
        #expect(gauge.read() == 1)
        world.wait(2900)
        #expect(gauge.read() == 1)
        world.wait(200)
        #expect(gauge.read() == 2)
    }

    @Test("The real one answers") func real() {
        #expect(AllocatorGauge().read() ?? 0 > 0)
    }
}
