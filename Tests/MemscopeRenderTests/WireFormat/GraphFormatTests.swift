import Foundation
import MemscopeAnalysis
import MemscopeRender
import Testing
import Tracking

@Suite("Wire format of the heap as a graph") struct GraphFormatTests {
    private func parse(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func data(_ path: String) throws -> [String: Any] {
        let bytes = try #require(Answers.all.first { $0.path == path }).bytes
        return try #require(parse(bytes)["data"] as? [String: Any])
    }

    @Test("Leaks come with what is lost in all, and growth with its slope only") func leaks() throws {
        let data = try data("/api/leaks")
        let rows = try #require(data["leaks"] as? [[String: Any]])
        #expect(rows.map { $0["kind"] as? String } == ["growth", "cycle"])
        #expect(rows[0]["slopeBytesPerSecond"] as? Double == 12.5 && rows[0]["retainedBytes"] is NSNull)
        #expect(rows[1]["slopeBytesPerSecond"] is NSNull && rows[1]["confidence"] is NSNull)
        #expect(rows[1]["addresses"] as? [String] == ["0x7f0000c0", "0x7f000100"])
        #expect((data["summary"] as? [String: Any])?["unreachableBytes"] as? Int == 400)
        #expect((data["scan"] as? [String: Any])?["unknownHeap"] as? Bool == true)
    }

    @Test("Every known kind of leak has its word") func kinds() {
        let words = MemScope.HeapAnalysis.Leak.Kind.allCases.map(\.rawValue)
        #expect(words == ["direct", "indirect", "cycle", "growth", "stack"])
    }

    @Test("A cycle tells its way around and where to break it") func cycles() throws {
        let data = try data("/api/cycles")
        let row = try #require((data["cycles"] as? [[String: Any]])?.first)
        let path = try #require(row["path"] as? [[String: String]])
        #expect(
            path == [["type": "Demo.Account", "field": "owner"], ["type": "Demo.Person", "field": "accounts[0]"]]
        )
        let edge = try #require(row["breakEdge"] as? [String: Any])
        let at = try #require(edge["at"] as? [String: Any])
        #expect(edge["field"] as? String == "owner" && at["function"] as? String == "Demo.bind() -> ()")
        #expect(at["line"] as? Int == 7)
        #expect(data["total"] as? Int == 2 && data["next"] is String)
    }

    @Test("A block's way from its root begins with the root, and lists say how much they left out")
    func object() throws {
        let bytes = try #require(Answers.all.first { $0.path == "/api/objects/{addr}" }).bytes
        #expect(try parse(bytes)["truncated"] as? Bool == true)
        let data = try data("/api/objects/{addr}")
        let path = try #require(data["rootPath"] as? [[String: Any]])
        #expect((path[0]["root"] as? [String: Any])?["kind"] as? String == "global")
        #expect(path.dropFirst().map { $0["field"] as? String } == ["accounts[0]", nil])
        #expect(data["referrersTotal"] as? Int == 3 && (data["referrers"] as? [Any])?.count == 1)
        #expect(data["task"] as? String == "0x1f")
    }

    @Test("A block that nothing reaches has no way, and what is no object no counts") func lost() throws {
        let block = ObjectValues(
            address: 16,
            size: 8,
            type: BlockType(name: "libc.so.6", kind: .c),
            isReachable: false
        )
        let bytes = WireFormat.object(block, scan: GraphFixtures.scan, in: Fixtures.envelope)
        let data = try #require(parse(bytes)["data"] as? [String: Any])
        for key in ["rootPath", "counts", "dominator", "retainedBytes", "thread", "task"] {
            #expect(data[key] is NSNull, "\(key)")
        }
        #expect(data["reachable"] as? Bool == false)
    }

    @Test("An address does not look like one where it is kept") func hiddenAddress() {
        let address = MemScope.HeapAnalysis.Address(0x7F12_3456_7890)
        #expect(address.value == 0x7F12_3456_7890 && "\(address)" == "0x7f1234567890")
        let word = unsafe withUnsafeBytes(of: address) { unsafe $0.load(as: UInt64.self) }
        #expect(word == ~0x7F12_3456_7890)
    }

    @Test("A report has the findings of several resources, under the same names") func report() throws {
        let analysis = MemScope.HeapAnalysis(
            scan: GraphFixtures.scan,
            summary: GraphFixtures.summary,
            leaks: GraphFixtures.leaks,
            suspects: [GraphFixtures.suspect],
            cycles: GraphFixtures.cycles
        )
        let report = try parse(GraphFixtures.report(.analysis(analysis, isCut: false)))
        #expect((report["leaks"] as? [Any])?.count == 2 && (report["cycles"] as? [Any])?.count == 2)
        let suspects = report["suspects"] as? [[String: Any]]
        #expect(suspects?.map { $0["kind"] as? String } == ["stack"] && suspects?[0]["bytes"] as? Int == 48)
        let summary = try #require(report["summary"] as? [String: Any])
        #expect(summary["unreachableBlocks"] as? Int == 4 && summary["liveBytes"] as? Int == 5607)
        #expect((report["end"] as? [String: Any])?["status"] as? Int == 3)
        #expect((report["errors"] as? [Any])?.count == ErrorFixtures.errors.count)
        #expect((report["checks"] as? [String: Any])?["mode"] as? String == "full")
        #expect(report["schemaVersion"] as? Int == 1 && report["truncated"] as? Bool == false)
        let cut = try parse(GraphFixtures.report(.analysis(analysis, isCut: true)))
        #expect(cut["truncated"] as? Bool == true)
    }

    @Test("A report without a look at the heap says why, and has no empty lists") func reportWithout() throws {
        let report = try parse(GraphFixtures.report(.unavailable(reason: "sampled", remedy: "full")))
        #expect(report["available"] as? Bool == false && report["enable"] as? String == "full")
        #expect(report["leaks"] == nil && report["suspects"] == nil && report["scan"] == nil)
        #expect((report["errors"] as? [Any])?.count == ErrorFixtures.errors.count)
        #expect((report["summary"] as? [String: Any])?["liveBytes"] as? Int == 5607)
    }
}
