import MemscopeServer
import Testing

@Suite("Relations") struct RelationRouteTests {
    @Test("Are those of the last look: computed once, whatever was written since") func once() async {
        await #expect(processExitsWith: .success) {
            var first = [Int](repeating: 42, count: 5000)
            let second = [Int](repeating: 42, count: 5000)
            let api = API()
            #expect(api.post("/api/leakscan").status == 200)
            let before = api.get("/api/relations?kind=copies").data.relations.list
            #expect(before.contains { $0.bytes.number ?? 0 >= 40_000 })
            first[17] = 43
            let after = api.get("/api/relations?kind=copies").data.relations.list
            #expect(after.map { $0.bytes.number } == before.map { $0.bytes.number })
            #expect(api.post("/api/leakscan").status == 200)
            let again = api.get("/api/relations?kind=copies").data.relations.list
            #expect(again.allSatisfy { $0.bytes.number ?? 0 < 40_000 })
            #expect(first != second)
        }
    }
}
