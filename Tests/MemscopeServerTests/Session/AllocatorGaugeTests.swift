import Testing

@testable import MemscopeServer

@Suite("What the allocator holds") struct AllocatorGaugeTests {
    @Test("Nobody asks the allocator until somebody looks") func unwatched() {
        let gauge = AllocatorGauge()
        #expect(gauge.readIfWatched() == nil)
        gauge.watch()
        #expect(gauge.readIfWatched() ?? 0 > 0)
    }

    @Test("A client gets a figure with its first question, and the same one at once after it") func client() {
        let gauge = AllocatorGauge()
        let first = gauge.read()
        let held = (0..<64).map { _ in [UInt8](repeating: 1, count: 100_000) }
        defer { _ = held.count }
        #expect(first ?? 0 > 0 && gauge.read() == first && gauge.readIfWatched() == first)
    }
}
