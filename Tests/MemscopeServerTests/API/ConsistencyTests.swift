import MemscopeServer
import Testing

// In processes of their own, where nobody else allocates meanwhile.
@Suite("Figures agree") struct ConsistencyTests {
    @Test("Call stacks add up to what the summary counted before and after") func sites() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            let before = api.get("/api/summary").data
            let sites = allPages("/api/sites", "sites", of: api)
            let after = api.get("/api/summary").data
            for name in ["allocations", "frees", "allocatedBytes", "freedBytes"] {
                let sum = sites.reduce(0) { $0 + ($1[dynamicMember: name].number ?? 0) }
                let (low, high) = (before[dynamicMember: name].number ?? 0, after[dynamicMember: name].number ?? 0)
                // Pages are read one after another: figures of the first are older.
                #expect(low > 0 && sum <= high, "\(name)")
            }
            for site in sites {
                #expect(site.bytes.number == (site.allocatedBytes.number ?? 0) - (site.freedBytes.number ?? 0))
                #expect(site.blocks.number == (site.allocations.number ?? 0) - (site.frees.number ?? 0))
                #expect(site.peakBytes.number ?? 0 <= site.allocatedBytes.number ?? 0)
            }
        }
    }

    @Test("One answer with every call stack lies between two summaries") func onePage() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            for weight in ["allocations", "allocatedBytes"] {
                let before = api.get("/api/summary").data[dynamicMember: weight].number ?? 0
                let total = api.get("/api/flamegraph?weight=\(weight)").data.total.number ?? 0
                let after = api.get("/api/summary").data[dynamicMember: weight].number ?? 0
                #expect(before > 0)
                #expect((before...after).contains(total), "\(weight): \(total) not in \(before)...\(after)")
            }
        }
    }

    @Test("A flame graph's boxes add up to its total", arguments: ["bytes", "blocks", "allocatedBytes", "allocations"])
    func flameGraph(weight: String) {
        let data = API.shared.get("/api/flamegraph?weight=\(weight)").data
        #expect(data.weight.text == weight)
        #expect(data.total.number ?? 0 > 0)
        #expect(data.root.value.number == data.total.number)
        var open = [data.root]
        while let node = open.popLast() {
            let children = node.children.list
            let sum = children.reduce(0) { $0 + ($1.value.number ?? 0) }
            #expect(sum <= node.value.number ?? 0)
            let values = children.filter { $0.name.text != "(other)" }.map { $0.value.number ?? 0 }
            #expect(values == values.sorted(by: >))
            open += children
        }
    }

    @Test("A snapshot's types, and its call stacks, add up to its total") func snapshot() async {
        await #expect(processExitsWith: .success) {
            let held = (0..<100).map { _ in allocateHeld(500_000) }
            let api = API()
            // The first answer reads the symbol files, and keeps what it will need again.
            #expect(api.get("/api/snapshot?limit=1000").status == 200)
            let before = api.get("/api/summary").data
            let answer = api.get("/api/snapshot?limit=1000")
            let after = api.get("/api/summary").data
            #expect(answer.json.truncated.flag == (answer.data.sites.list.count == 1000))
            let snapshot = answer.data.snapshot
            for column in ["bytes", "blocks"] {
                let total = column == "bytes" ? snapshot.liveBytes.number : snapshot.liveBlocks.number
                let types = answer.data.types.list.reduce(0) { $0 + ($1[dynamicMember: column].number ?? 0) }
                #expect(types == total)
                if answer.json.truncated.flag == false {
                    let sites = answer.data.sites.list.reduce(0) { $0 + ($1[dynamicMember: column].number ?? 0) }
                    #expect(sites == total)
                }
            }
            #expect(snapshot.consistent.flag == true)
            #expect(snapshot.missedBlocks.number == 0)
            // What the answers themselves need comes and goes: far less than what is held.
            let summary = ((before.liveBytes.number ?? 0) + (after.liveBytes.number ?? 0)) / 2
            #expect(abs((snapshot.liveBytes.number ?? 0) - summary) < 10_000_000)
            #expect(snapshot.liveBytes.number ?? 0 > 50_000_000)
            held.forEach { free(block: $0) }
        }
    }

    @Test("The census holds what the snapshot holds") func types() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            // The first answers read the symbol files, and keep what they will need again.
            #expect(api.get("/api/types").status == 200)
            let live = api.get("/api/snapshot").data.snapshot.liveBytes.number ?? 0
            let types = allPages("/api/types", "types", of: api)
            let sum = types.reduce(0) { $0 + ($1.bytes.number ?? 0) }
            #expect(live > 0)
            #expect(abs(sum - live) < max(live / 4, 2_000_000))
            #expect(Set(types.map { "\($0.kind.text ?? "") \($0.name.text ?? "")" }).count == types.count)
        }
    }
}

/// Every row of a list, page by page.
private func allPages(_ path: String, _ name: String, of api: API) -> [JSONValue] {
    var rows: [JSONValue] = []
    var cursor = ""
    while true {
        let answer = api.get("\(path)?limit=1000\(cursor)")
        #expect(answer.status == 200)
        rows += answer.data[dynamicMember: name].list
        guard let next = answer.data.next.text else { return rows }
        cursor = "&cursor=\(next)"
    }
}
