import Testing

@testable import Tracking

@Suite("AllocationScope")
struct AllocationScopeTests {
    private final class Item {
        var number: Int
        init(_ number: Int) { self.number = number }
    }

    /// One block for each item, and one for the array.
    @inline(never) private static func make(_ count: Int) -> [Item] {
        var items: [Item] = []
        items.reserveCapacity(count)
        for number in 0..<count { items.append(Item(number)) }
        return items
    }

    @Test("counts what its task allocates, and what is still there")
    func ownTask() throws {
        let scope = try #require(AllocationScope())
        // What the runtime makes once for a type is no part of what follows.
        var kept = Self.make(1)
        scope.run { kept = Self.make(1000) }
        let before = Self.make(500)
        let counts = scope.counts
        #expect(counts.allocations == 1001)
        #expect(counts.liveBlocks == 1001)
        #expect(counts.liveBytes >= 1000 * 24)
        #expect(counts.peakLiveBytes >= counts.liveBytes)
        kept = []
        #expect(scope.counts.liveBlocks == 0)
        #expect(scope.counts.liveBytes == 0)
        #expect(scope.counts.allocations == 1001)
        #expect(before.count == 500 && kept.isEmpty)
    }

    @Test("counts for child tasks and unstructured tasks, not for detached ones")
    func otherTasks() async throws {
        let scope = try #require(AllocationScope())
        _ = Self.make(1)
        await scope.run {
            await withTaskGroup { group in
                for _ in 0..<10 { group.addTask { _ = Self.make(100) } }
            }
            async let one = Self.make(100).count
            let other = Task { Self.make(100).count }
            _ = await (one, other.value)
        }
        let structured = scope.counts.allocations
        #expect((1200..<1400).contains(structured), "\(structured)")
        await scope.run { await Task.detached { _ = Self.make(10_000) }.value }
        #expect(scope.counts.allocations < structured + 100)
    }

    @Test("counts for the scopes around it, and for none beside it")
    func nested() throws {
        _ = Self.make(1)
        let outer = try #require(AllocationScope())
        let (inner, beside) = try outer.run {
            let inner = try #require(AllocationScope())
            inner.run { _ = Self.make(1000) }
            let beside = try #require(AllocationScope())
            beside.run { _ = Self.make(10) }
            return (inner, beside)
        }
        #expect(inner.counts.allocations == 1001)
        #expect(beside.counts.allocations == 11)
        #expect(outer.counts.allocations >= 1012)
    }

    @Test("knows the highest number of live bytes")
    func peak() throws {
        let scope = try #require(AllocationScope())
        scope.run {
            for _ in 0..<5 { _ = [UInt8](repeating: 1, count: 1 << 20) }
        }
        #expect((1 << 20..<2 << 20).contains(scope.counts.peakLiveBytes))
        #expect(scope.counts.liveBytes == 0)
        #expect(scope.counts.allocatedBytes >= 5 << 20)
    }

    @Test("tells tasks apart that run at the same time")
    func parallel() async throws {
        let scopes = try (0..<8).map { _ in try #require(AllocationScope()) }
        await withTaskGroup { group in
            for (index, scope) in scopes.enumerated() {
                group.addTask {
                    await scope.run {
                        for _ in 0..<50 {
                            _ = Self.make(100 * (index + 1))
                            await Task.yield()
                        }
                    }
                }
            }
        }
        for (index, scope) in scopes.enumerated() {
            let expected = UInt64(50 * (100 * (index + 1) + 1))
            #expect((expected...expected + 200).contains(scope.counts.allocations), "\(index): \(scope.counts)")
            #expect(scope.counts.liveBlocks < 20)
        }
    }
}
