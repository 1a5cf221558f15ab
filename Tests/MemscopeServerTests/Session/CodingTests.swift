import Foundation
import MemscopeServer
import Testing

@Suite("Coded findings") struct CodingTests {
    @Test("Rows of the API decode as the values of Swift") func ofAPI() async {
        await #expect(processExitsWith: .success) {
            lose(3, loseOwner)
            lose(2, loseLonely)
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            let leaks = try rows("leaks", of: api, as: MemScope.HeapAnalysis.Leak.self)
            let lonely = try #require(leaks.first { $0.type.hasSuffix(".Lonely") })
            #expect(lonely.kind == .direct && lonely.typeKind == .class && lonely.growth == nil)
            #expect(lonely.stack.contains { $0.function.contains("loseLonely") && $0.address > 0 })
            #expect(lonely.addresses.count == lonely.count)
            let cycles = try rows("cycles", of: api, as: MemScope.HeapAnalysis.Cycle.self)
            #expect(cycles.contains { !$0.isReachable && $0.breakEdge?.field == "owner" && $0.path.count == 2 })
            let sites = try rows("sites", of: api, as: MemScope.SiteUsage.self)
            #expect(sites.count > 10 && sites.allSatisfy { $0.bytes == $0.allocatedBytes - $0.freedBytes })
            let types = try rows("types", of: api, as: MemScope.TypeUsage.self)
            #expect(types.contains { $0.kind == .class && $0.retainedBytes ?? 0 >= $0.bytes })
            struct Scan: Decodable { var data: Parts }
            struct Parts: Decodable {
                var scan: MemScope.HeapAnalysis.Scan
                var summary: MemScope.HeapAnalysis.Summary
            }
            let scan = try decode(Scan.self, from: api.get("/api/leaks"))
            #expect(scan.data.scan.duration > .zero && scan.data.summary.unreachableBlocks >= leaks.count)
            #expect(api.post("/api/snapshots").status == 201)
            struct Diff: Decodable { var data: MemScope.HeapDiff }
            let diff = try decode(Diff.self, from: api.get("/api/diff?from=s1&to=s1"))
            #expect(diff.data.bytes == 0 && diff.data.from == diff.data.to)
        }
    }

    @Test("What was found survives being written and read") func roundTrip() async {
        await #expect(processExitsWith: .success) {
            lose(3, loseOwner)
            let analysis = try MemScope.analyze()
            let copy = try JSONDecoder().decode(MemScope.HeapAnalysis.self, from: JSONEncoder().encode(analysis))
            #expect(copy.scan == analysis.scan && copy.summary == analysis.summary)
            #expect(copy.leaks == analysis.leaks && copy.suspects == analysis.suspects)
            #expect(analysis.leaks.count > 0 && analysis.cycles.count > 0)
            // Where to look for the place to break at is nobody's business outside.
            let paths = analysis.cycles.map(\.path)
            #expect(copy.cycles.map(\.path) == paths && copy.cycles.map(\.stack) == analysis.cycles.map(\.stack))
            let summary = MemScope.summary()
            #expect(try JSONDecoder().decode(MemScope.HeapSummary.self, from: JSONEncoder().encode(summary)) == summary)
        }
    }

    @Test("What is no address is refused by name", arguments: ["\"7f00\"", "\"0x\"", "\"0xzz\"", "7"])
    func badAddress(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(MemScope.HeapAnalysis.Address.self, from: Data(text.utf8))
        }
    }
}

private func decode<Value: Decodable>(_ type: Value.Type, from answer: Answer) throws -> Value {
    try JSONDecoder().decode(type, from: Data(answer.bytes))
}

private func rows<Row: Decodable>(_ name: String, of api: API, as type: Row.Type) throws -> [Row] {
    let answer = api.get("/api/\(name)?limit=1000")
    let object = try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any]
    let rows = (object?["data"] as? [String: Any])?[name]
    return try JSONDecoder().decode([Row].self, from: JSONSerialization.data(withJSONObject: rows as Any))
}
