import Glibc
import MemscopeServer
import Testing

// In processes of their own: what one test loses the others would find.
@Suite("Leaks and cycles") struct LeakRouteTests {
    @Test("A retain cycle is found with its objects, its way around and the call stack that made it") func cycle() async
    {
        await #expect(processExitsWith: .success) {
            lose(5, loseOwner)
            let api = API()
            let answer = api.get("/api/cycles")
            #expect(answer.status == 200)
            let cycle = try #require(row(in: answer.data.cycles, withType: "Owner"))
            #expect(cycle.reachable.flag == false)
            #expect(cycle.count.number == 5)
            #expect(cycle.objects.number == 10)
            #expect(cycle.path.list.count == 2)
            #expect(cycle.path.list.allSatisfy { $0.field.text?.isEmpty == false })
            #expect(cycle.breakEdge.reason.text?.isEmpty == false)
            #expect(cycle.stack.list.contains { $0.function.text?.contains("loseOwner") == true })
        }
    }

    @Test("What is lost is grouped by kind, type and call stack, with figures that add up") func leaks() async {
        await #expect(processExitsWith: .success) {
            lose(7, loseLonely)
            lose(3) { loseBlocks(1000) }
            let api = API()
            let data = api.get("/api/leaks").data
            let lonely = try #require(row(in: data.leaks, withType: "Lonely"))
            #expect(lonely.kind.text == "direct" && lonely.count.number == 7 && lonely.typeKind.text == "class")
            let outer = try #require(row(in: data.leaks, withBytes: 3000))
            #expect(outer.kind.text == "direct" && outer.typeKind.text == "c" && outer.retainedBytes.number == 9000)
            let inner = try #require(row(in: data.leaks, withBytes: 6000))
            #expect(inner.kind.text == "indirect" && inner.addresses.list.count == 3)
            let all = data.leaks.list
            #expect(all.reduce(0) { $0 + ($1.count.number ?? 0) } == data.summary.unreachableBlocks.number)
            #expect(all.reduce(0) { $0 + ($1.bytes.number ?? 0) } == data.summary.unreachableBytes.number)
            #expect(data.scan.passes.number == 2)
        }
    }

    @Test("What a variable holds is no leak, and its cycle is reachable") func held() async {
        await #expect(processExitsWith: .success) {
            let owner = makeHeldOwner()
            let api = API()
            #expect(row(in: api.get("/api/leaks").data.leaks, withType: "Owner") == nil)
            let cycle = try #require(row(in: api.get("/api/cycles").data.cycles, withType: "Owner"))
            #expect(cycle.reachable.flag == true && cycle.count.number == 1)
            #expect(owner.name == 7)
        }
    }

    @Test("What only a stack or the kernel holds is told apart, and is no leak") func loosely() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            let before = api.post("/api/leakscan").data.summary
            lose(1) { giveToKernel(20) }
            let after = withBlocksOnStack(100, of: 5000) { api.post("/api/leakscan").data.summary }
            #expect(after.kernelHeldBlocks.number == (before.kernelHeldBlocks.number ?? -1) + 20)
            let kernelBytes = (after.kernelHeldBytes.number ?? 0) - (before.kernelHeldBytes.number ?? 0)
            #expect(kernelBytes == 20 * 24)
            #expect(row(in: api.get("/api/leaks").data.leaks, withType: "Lonely") == nil)
            // The program holds more that way, and not always the same; old words elsewhere may hold some of these.
            #expect(after.stackHeldBytes.number ?? 0 >= 50 * 5000 && after.stackHeldBlocks.number ?? 0 >= 50)
        }
    }

    @Test("Looking again finds the same, and new leaks besides") func again() async {
        await #expect(processExitsWith: .success) {
            lose(4, loseLonely)
            let api = API()
            for round in 1...4 {
                let scan = api.post("/api/leakscan")
                #expect(scan.status == 200 && scan.data.summary.unreachableBlocks.number ?? 0 >= 4 * round)
                let lonely = rows(in: api.get("/api/leaks?kind=direct").data.leaks, withType: "Lonely")
                #expect(lonely.reduce(0) { $0 + ($1.count.number ?? 0) } == 4 * round)
                lose(4, loseLonely)
            }
        }
    }

    @Test("Lists are cut, continued, sorted and filtered") func pages() async {
        await #expect(processExitsWith: .success) {
            for size in 1...12 { lose(size) { loseBlocks(100 * size) } }
            lose(3, loseOwner)
            let api = API()
            let all = api.get("/api/leaks?limit=1000").data
            var rows: [JSONValue] = []
            var cursor = ""
            repeat {
                let page = api.get("/api/leaks?limit=5\(cursor)").data
                #expect(page.leaks.list.count <= 5)
                rows += page.leaks.list
                cursor = page.next.text.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(rows.count == all.total.number)
            #expect(rows.map { $0.bytes.number } == all.leaks.list.map { $0.bytes.number })
            let counts = api.get("/api/leaks?sort=count").data.leaks.list.map { $0.count.number ?? 0 }
            #expect(counts == counts.sorted())
            let cycles = api.get("/api/leaks?kind=cycle").data
            #expect(cycles.leaks.list.allSatisfy { $0.kind.text == "cycle" } && cycles.total.number ?? 0 > 0)
            let hint = api.get("/api/leaks?kind=lost").error.hint.text
            #expect(hint?.contains("direct, indirect, cycle, growth, stack; without it all but stack") == true)
            #expect(api.get("/api/cycles?sort=size").status == 400)
        }
    }

    @Test("Where blocks are sampled it says why not, and what would help") func sampled() async {
        await #expect(processExitsWith: .success) {
            MemScope.mode = .sampled
            let api = API()
            for answer in [api.post("/api/leakscan"), api.get("/api/leaks"), api.get("/api/objects/0x10")] {
                #expect(answer.status == 200)
                #expect(answer.json.available.flag == false)
                #expect(answer.json.reason.text?.contains("sampled") == true)
                #expect(answer.json.enable.text?.contains("MEMSCOPE_MODE=full") == true)
                #expect(!answer.json.keys.contains("data"))
            }
        }
    }

    @Test("A look that cannot be had leaves what the one before found") func refused() async {
        await #expect(processExitsWith: .success) {
            lose(2, loseLonely)
            let api = API()
            let before = api.get("/api/leaks").data
            #expect(row(in: before.leaks, withType: "Lonely") != nil)
            MemScope.mode = .sampled
            #expect(api.post("/api/leakscan").json.available.flag == false)
            let after = api.get("/api/leaks").data
            #expect(after.scan.takenAt.number == before.scan.takenAt.number)
            #expect(row(in: after.leaks, withType: "Lonely") != nil)
        }
    }
}
