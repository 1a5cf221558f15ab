import Foundation
import MemscopeAnalysis
import MemscopeRender
import Testing
import Tracking

@Suite("Wire format") struct WireFormatTests {
    private func parse(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func data(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(parse(bytes)["data"] as? [String: Any])
    }

    private func answer(_ path: String) throws -> [UInt8] {
        try #require(Answers.all.first { $0.path == path }).bytes
    }

    @Test("Answers are truncated once stacks or blocks found no place", arguments: [true, false])
    func incomplete(_ isIncomplete: Bool) throws {
        var envelope = Fixtures.envelope
        envelope.isIncomplete = isIncomplete
        let answer = try parse(WireFormat.mode(.full, in: envelope))
        #expect(answer["truncated"] as? Bool == isIncomplete)
    }

    @Test("Every answer stands in the envelope", arguments: Answers.all.map(\.path))
    func envelope(path: String) throws {
        let answer = try parse(answer(path))
        #expect(
            Set(answer.keys) == [
                "schemaVersion", "generatedAt", "process", "mode", "quality", "dropped", "truncated", "data",
            ]
        )
        #expect(answer["schemaVersion"] as? Int == 1)
        #expect(answer["quality"] as? String == "sampled")
        let process = try #require(answer["process"] as? [String: Any])
        #expect(process["name"] as? String == "demo \"quoted\"")
        #expect((process["wallAnchor"] as? [String: Any])?["unix"] as? Int == 1_790_000_000_000_000_000)
    }

    @Test("What cannot answer says why in place of data")
    func unavailable() throws {
        let answer = try parse(Answers.unavailable)
        #expect(answer["available"] as? Bool == false && answer["data"] == nil)
        #expect(answer["reason"] as? String == "there is no leak search yet")
        #expect(answer["enable"] as? String == "a later version")
    }

    @Test("A page that is not the last says so, gives its cursor and names its stacks")
    func sites() throws {
        let bytes = try answer("/api/sites")
        let sites = try data(bytes)
        let rows = try #require(sites["sites"] as? [[String: Any]])
        #expect(try parse(bytes)["truncated"] as? Bool == true)
        #expect(sites["total"] as? Int == 3 && sites["next"] is String)
        #expect(rows.map { $0["bytes"] as? Int } == [5000, 600])
        #expect(rows.map { $0["stackQuality"] as? String } == ["truncated", "exact"])
        let stack = try #require(rows[1]["stack"] as? [[String: Any]])
        #expect(stack.map { $0["line"] as? Int } == [12, 30, 3])
        #expect(stack.map { $0["inlined"] as? Bool } == [true, false, false])
        #expect(stack[0]["address"] as? String == "0x1010")
    }

    @Test("Figures that are not known are null, never 0")
    func unknown() throws {
        var values = Fixtures.summary
        values.rssBytes = nil
        values.rates = nil
        let summary = try data(WireFormat.summary(values, in: Fixtures.envelope))
        #expect(summary["rssBytes"] is NSNull)
        #expect((summary["rates"] as? [String: Any])?["freesPerSecond"] is NSNull)
        let points = try #require(data(answer("/api/timeline"))["points"] as? [String: [Any]])
        #expect(points["rssBytes"]?[1] is NSNull && points["freesPerSecond"]?[0] is NSNull)
        #expect(points["freesPerSecond"]?[1] as? Double == 99)
        #expect(Set(points.values.map(\.count)) == [3])
    }

    @Test("The standard error is 0 when all was measured")
    func standardError() throws {
        var envelope = Fixtures.envelope
        let sampled = try data(WireFormat.summary(Fixtures.summary, in: envelope))
        #expect(sampled["liveBytesStandardError"] as? Double == (5607.0 * 4096).squareRoot())
        envelope.quality = .measured
        let measured = try data(WireFormat.summary(Fixtures.summary, in: envelope))
        #expect(measured["liveBytesStandardError"] as? Double == 0)
    }

    @Test("A difference is signed, and its rows are cut at the limit")
    func diff() throws {
        let diff = try data(answer("/api/diff"))
        #expect(diff["bytes"] as? Int == 30 - 200)
        #expect((diff["sites"] as? [[String: Any]])?.map { $0["bytes"] as? Int } == [-170])
        #expect((diff["from"] as? [String: Any])?["name"] as? String == "before")
        let snapshot = try parse(answer("/api/snapshot"))
        #expect(snapshot["truncated"] as? Bool == true)
        #expect(((snapshot["data"] as? [String: Any])?["types"] as? [Any])?.count == 1)
    }

    @Test("A flame graph nests callees in callers and sums up to its total")
    func flameGraph() throws {
        let graph = try data(answer("/api/flamegraph"))
        let root = try #require(graph["root"] as? [String: Any])
        #expect(graph["total"] as? Int == 5607 && root["value"] as? Int == 5607)
        func names(_ node: [String: Any]) -> String {
            let children = (node["children"] as? [[String: Any]] ?? []).map(names)
            return (node["name"] as? String ?? "?") + (children.isEmpty ? "" : "(\(children.joined(separator: " ")))")
        }
        #expect(
            names(root) == "all((truncated)(main(Demo.cache<π>)) "
                + "main(Demo.makeTable()(Demo.makeRow(_: Swift.Int) -> Row)) 0x9999)"
        )
    }

    @Test("The deepest flame graph is still read by Python and node")
    func deepFlameGraph() throws {
        let places = StackPlaces { address, _ in ([Frame(function: "f\(address)")], 0, .max) }
        var builder = FlameGraphBuilder(places: places)
        builder.add(Array(0..<1000), value: 1, isTruncated: true)
        let bytes = WireFormat.flameGraph(builder.build(), weight: .bytes, in: Fixtures.envelope)
        let python = try Tool.run("python3", "-c", "import json, sys; json.load(sys.stdin)", input: bytes)
        #expect(python.status == 0, "\(python.output)")
        let node = try Tool.run("node", "-e", "JSON.parse(require('fs').readFileSync(0, 'utf8'))", input: bytes)
        #expect(node.status == 0, "\(node.output)")
    }
}
