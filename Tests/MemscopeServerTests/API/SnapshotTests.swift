import MemscopeServer
import Testing

@Suite("Snapshots") struct SnapshotTests {
    @inline(never) private func allocateBetween(_ count: Int) -> [UInt] {
        (0..<count).map { _ in allocateHeld(100_003) }
    }

    @Test("One that is kept is listed, and found by id and by name") func keep() {
        let api = API()
        #expect(api.get("/api/snapshots").data.snapshots.list.isEmpty)
        let kept = api.post("/api/snapshots", #"{"name":"before the deploy"}"#)
        #expect(kept.status == 201)
        #expect(kept.data.snapshot.id.text == "s1")
        #expect(kept.data.snapshot.name.text == "before the deploy")
        #expect(api.post("/api/snapshots").data.snapshot.name.text == "s2")
        #expect(api.get("/api/snapshots").data.snapshots.list.map(\.id.text) == ["s1", "s2"])
        for id in ["s1", "before%20the+deploy".replacing("+", with: "%20")] {
            let found = api.get("/api/snapshot?id=\(id)").data.snapshot
            #expect(found.id.text == "s1")
            #expect(found.takenAt.number == kept.data.snapshot.takenAt.number)
            #expect(found.liveBytes.number == kept.data.snapshot.liveBytes.number)
        }
        #expect(api.get("/api/snapshot").data.snapshot.id.text == "now")
    }

    @Test("A difference is found at the call stack that made it, to the byte") func diff() throws {
        let api = API()
        #expect(api.post("/api/snapshots").status == 201)
        let blocks = allocateBetween(50)
        #expect(api.post("/api/snapshots").status == 201)
        blocks.prefix(20).forEach { free(block: $0) }
        for (query, count) in [("from=s1&to=s2", 50), ("from=s2&to=s1", -50), ("from=s2", -20), ("from=s1&to=now", 30)]
        {
            let data = api.get("/api/diff?\(query)&limit=1000").data
            let site = try #require(
                data.sites.list.first { site in
                    site.stack.list.contains { $0.function.text?.contains("allocateBetween") == true }
                }
            )
            #expect(site.blocks.number == count, "\(query)")
            #expect(site.bytes.number == count * 100_003, "\(query)")
            #expect(site.stack.list.contains { $0.file.text?.hasSuffix("/SnapshotTests.swift") == true })
        }
        let same = api.get("/api/diff?from=s1&to=s1").data
        #expect(same.bytes.number == 0 && same.blocks.number == 0)
        #expect(same.sites.list.isEmpty && same.types.list.isEmpty)
        blocks.dropFirst(20).forEach { free(block: $0) }
    }

    @Test("An unknown one is refused by name, with those that are kept") func unknown() {
        let api = API()
        let none = api.get("/api/snapshot?id=s9")
        #expect(none.status == 404)
        #expect(none.error.message.text == "no snapshot \"s9\" for \"id\"")
        #expect(none.error.hint.text == "take one with POST /api/snapshots or MemScope.snapshot()")
        #expect(api.post("/api/snapshots").status == 201)
        let one = api.get("/api/diff?from=s1&to=s2")
        #expect(one.status == 404)
        #expect(one.error.message.text == "no snapshot \"s2\" for \"to\"")
        #expect(one.error.hint.text == "kept are s1; \"now\" is the heap of now")
    }

    @Test("The oldest makes room for the newest") func bound() throws {
        let api = API()
        let limit = try #require(api.get("/api/snapshots").data.limit.number)
        for _ in 0...limit { #expect(api.post("/api/snapshots").status == 201) }
        let ids = api.get("/api/snapshots").data.snapshots.list.compactMap(\.id.text)
        #expect(ids == (2...limit + 1).map { "s\($0)" })
        #expect(api.get("/api/snapshot?id=s1").status == 404)
    }
}
