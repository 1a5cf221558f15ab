import Testing

@testable import Tracking

/// The names are of this file alone: other tests run at the same time.
@Suite("MemScope.scope")
struct ScopeTests {
    private final class Item {
        var next: Item?
        init(_ next: Item?) { self.next = next }
    }

    /// One block for each item.
    @inline(never) private static func make(_ count: Int) -> Item? {
        var first: Item?
        for _ in 0..<count { first = Item(first) }
        return first
    }

    private static func records(named name: String) -> [ScopeRecord] {
        ScopeCensus.now().scopes.filter { $0.name.name == name }
    }

    private static func record(named name: String) throws -> ScopeRecord {
        let found = records(named: name)
        return try #require(found.count == 1 ? found.first : nil, "\(found)")
    }

    private struct Refusal: Error, Equatable {
        let reason: Int
    }

    @Test("counts what its code allocates, and what escapes from it")
    func counts() throws {
        let kept = MemScope.scope("counts") {
            _ = Self.make(1000)
            return Self.make(10)
        }
        let counts = try Self.record(named: "counts").counts
        #expect(counts.allocations == 1010)
        #expect(counts.liveBlocks == 10 && counts.escapedBlocks == 10)
        #expect(counts.escapedBytes == counts.liveBytes && counts.liveBytes >= 10 * 24)
        #expect(counts.peakLiveBytes + 8192 >= 1000 * 24)
        #expect(counts.calls == 1 && counts.running == 0 && counts.nanoseconds > 0)
        withExtendedLifetime(kept) {}
    }

    @Test("follows its task across threads, and counts child tasks and unstructured ones")
    func tasks() async throws {
        let outer = await MemScope.scope("across") { () -> UInt32 in
            for _ in 0..<20 {
                _ = Self.make(100)
                await Task.yield()
            }
            await withTaskGroup { group in
                for _ in 0..<10 { group.addTask { _ = Self.make(100) } }
            }
            await Task { _ = Self.make(100) }.value
            await Task.detached { _ = Self.make(10_000) }.value
            return ScopeCall.current?.scope ?? 0
        }
        let record = try Self.record(named: "across")
        #expect(record.id == outer)
        // Swift's own blocks for tasks count, too.
        #expect((3100..<3300).contains(record.counts.allocations), "\(record.counts)")
        #expect(ScopeCall.current == nil)
    }

    @Test("an actor's code counts for the task that calls it")
    func actors() async throws {
        actor Maker {
            func make(_ count: Int) { _ = ScopeTests.make(count) }
        }
        let maker = Maker()
        await MemScope.scope("actor") { await maker.make(500) }
        #expect((500..<520).contains(try Self.record(named: "actor").counts.allocations))
    }

    @Test("scopes in each other have a path, and the outer one counts the inner ones")
    func nested() throws {
        MemScope.scope("outer") {
            _ = Self.make(10)
            for table in ["users", "orders"] {
                MemScope.scope("inner", attributes: ["table": table]) { _ = Self.make(100) }
            }
        }
        MemScope.scope("inner") { _ = Self.make(1) }
        let outer = try Self.record(named: "outer"), inner = Self.records(named: "inner")
        // The arrays and dictionaries of the attributes are made in the outer one.
        #expect((210..<230).contains(outer.counts.allocations))
        #expect(inner.map(\.name.parent) == [outer.id, outer.id, 0])
        #expect(inner.map(\.counts.allocations) == [100, 100, 1])
        #expect(inner[0].name.attributes == [ScopeName.Attribute(key: "table", value: "users")])
    }

    @Test("results and errors pass through, and a call that throws has ended")
    func errors() async throws {
        #expect(MemScope.scope("result") { 7 } == 7)
        #expect(throws: Refusal(reason: 1)) { try MemScope.scope("throws") { throw Refusal(reason: 1) } }
        await #expect(throws: Refusal(reason: 2)) {
            try await MemScope.scope("throws") {
                await Task.yield()
                throw Refusal(reason: 2)
            }
        }
        let counts = try Self.record(named: "throws").counts
        #expect(counts.calls == 2 && counts.running == 0)
    }

    @Test("a call that runs is told from those that have ended")
    func running() throws {
        let (kept, counts) = try MemScope.scope("running") {
            let kept = Self.make(5)
            return (kept, try Self.record(named: "running").counts)
        }
        #expect(counts.running == 1 && counts.liveBlocks >= 5 && counts.escapedBlocks == 0)
        #expect(try Self.record(named: "running").counts.escapedBlocks >= 5)
        withExtendedLifetime(kept) {}
    }

    @Test("names and attributes are bounded, and what is beyond is counted as other")
    func bounds() throws {
        for number in 0..<ScopeNames.attributeSetLimit + 50 {
            MemScope.scope("bounded", attributes: ["id": "\(number)"]) { _ = Self.make(1) }
        }
        let bounded = Self.records(named: "bounded")
        #expect(bounded.count == ScopeNames.attributeSetLimit + 1)
        let other = try #require(bounded.first { $0.name.attributes.first?.value == ScopeNames.other })
        #expect(other.counts.calls == 50 && other.counts.allocations == 50)

        for number in 0..<100 { MemScope.scope("bounded", attributes: ["k\(number)": "v"]) { _ = Self.make(1) } }
        #expect(Self.records(named: "bounded").count == ScopeNames.attributeSetLimit + 2)

        let long = String(repeating: "é", count: 5_000_000)
        MemScope.scope(long) { _ = Self.make(3) }
        let cut = ScopeCensus.now().scopes.filter { $0.name.name.hasPrefix("éé") }
        #expect(cut.map(\.counts.allocations) == [3])
        #expect(cut.allSatisfy { $0.name.name.utf8.count <= 256 && $0.name.name.hasSuffix("é…") })
        MemScope.scope("") { _ = Self.make(4) }
        #expect(try Self.record(named: "(unnamed)").counts.allocations == 4)
    }
}
