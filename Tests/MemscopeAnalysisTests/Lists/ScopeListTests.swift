import Testing
import Tracking

@testable import MemscopeAnalysis

@Suite("Scopes")
struct ScopeListTests {
    private static func record(_ id: UInt32, _ name: String, in parent: UInt32, live: UInt64) -> ScopeRecord {
        var counts = ScopeCounts()
        (counts.allocatedBytes, counts.liveBytes, counts.escapedBytes) = (live * 3, live, live / 2)
        (counts.allocations, counts.liveBlocks, counts.calls, counts.peakLiveBytes) = (live / 10, live / 10, 1, live)
        return ScopeRecord(id: id, name: ScopeName(parent: parent, name: name, attributes: []), counts: counts)
    }

    private static let census = ScopeCensus(
        scopes: [
            record(1, "request", in: 0, live: 100), record(2, "query", in: 1, live: 60),
            record(3, "query", in: 2, live: 20), record(4, "import", in: 0, live: 500),
            record(5, "query", in: 4, live: 40), record(7, "test", in: 6, live: 10),
        ],
        totals: Counts(allocations: 100, frees: 20, allocatedBytes: 2400, freedBytes: 1400),
        droppedCalls: 0
    )

    @Test("a scope's path begins outside") func paths() {
        let paths = Self.census.usages(by: .path).map { $0.path.joined(separator: "/") }
        #expect(
            paths == ["request", "request/query", "request/query/query", "import", "import/query", "test"]
        )
    }

    @Test("by name each block counts once") func names() throws {
        let rows = Self.census.usages(by: .name)
        #expect(rows.map(\.name) == ["request", "query", "import", "test"])
        let query = try #require(rows.first { $0.name == "query" })
        #expect(query.liveBytes == 100 && query.escapedBytes == 50 && query.allocatedBytes == 300)
        #expect(query.calls == 3 && query.peakBytes == nil && query.path == ["query"])
        #expect(rows[0].peakBytes == 100)
    }

    @Test("with the outermost scopes the rest adds up to the totals") func rest() {
        #expect(Self.census.outside.liveBytes == 1000 - 100 - 500 - 10)
        #expect(Self.census.outside.allocations == 100 - 10 - 50 - 1)
    }

    @Test("the largest escaped bytes come first") func order() {
        let rows = Self.census.usages(by: .path)
        let page = Page(scopes: rows, order: ScopeColumn.defaultOrder, limit: 2)
        #expect(page.rows.map(\.id) == [4, 1] && page.total == 6 && page.next != nil)
    }
}
