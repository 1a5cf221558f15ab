import Glibc
import MemscopeServer
import Testing

/// Crimes that the core refuses, so that they harm nobody.
private enum Crime {
    @inline(never) static func freeTwice(_ size: Int) {
        let block = unsafe malloc(size)!
        unsafe giveBack(block)
        unsafe giveBack(block)
    }

    @inline(never) static func freeInside(_ size: Int) {
        let block = unsafe malloc(size)!
        unsafe giveBack(block + 16)
        unsafe giveBack(block)
    }

    @inline(never) private static func giveBack(_ block: UnsafeMutableRawPointer) {
        unsafe free(block)
    }
}

// In processes of their own: other tests expect none.
@Suite("Memory errors") struct ErrorRouteTests {
    private static func names(_ stack: JSONValue) -> [String] {
        stack.list.compactMap { $0.function.text }
    }

    @Test("A double free is told with its block, its count and its stacks") func doubleFree() async {
        await #expect(processExitsWith: .success) {
            #expect(API().get("/api/errors").data.total.number == 0)
            for _ in 1...3 { Crime.freeTwice(40) }
            let data = API().get("/api/errors").data
            let error = try #require(data.errors.list.first)
            #expect(error.kind.text == "double-free" && error.count.number == 3 && error.size.number == 40)
            #expect(error.refused.flag == true && error.found.text == "at-once" && error.bytes.isNull)
            #expect(error.address.text == error.block.text && error.offset.number == 0)
            for stack in [error.access, error.allocated] {
                #expect(ErrorRouteTests.names(stack).contains { $0.contains("freeTwice") })
            }
            #expect(ErrorRouteTests.names(error.freed).contains { $0.contains("giveBack") })
            #expect(error.stackQualities.access.text == "exact" && error.stackQualities.freed.text == "truncated")
            #expect(error.firstSeen.number ?? 0 < error.lastSeen.number ?? 0)
            #expect(error.threads.access.tid.number == Int(getpid()) || error.threads.access.id.number != nil)
            #expect(data.checks.totals.errors.number == 3 && data.checks.totals.distinct.number == 1)
            #expect(data.checks.mode.text == "sampled")
        }
    }

    @Test("Lists are cut, continued, sorted and filtered") func pages() async {
        await #expect(processExitsWith: .success) {
            for size in 1...6 {
                for _ in 0..<size { Crime.freeTwice(size * 32) }
            }
            Crime.freeInside(64)
            let api = API()
            let all = api.get("/api/errors").data
            #expect(all.total.number == all.errors.list.count && all.errors.list.count >= 2)
            let first = api.get("/api/errors?limit=1").data
            let rest = api.get("/api/errors?limit=1&cursor=\(first.next.text ?? "")").data
            #expect(
                first.errors.list.map { $0.id.number } + rest.errors.list.map { $0.id.number }
                    == all.errors.list.prefix(2).map { $0.id.number }
            )
            let inside = api.get("/api/errors?kind=invalid-free").data
            #expect(inside.total.number == 1 && inside.errors.list.first?.offset.number == 16)
            let counts = api.get("/api/errors?sort=-count").data.errors.list.compactMap { $0.count.number }
            #expect(counts == counts.sorted(by: >))
            #expect(api.get("/api/errors?kind=crime").error.hint.text?.contains("double-free") == true)
            #expect(api.get("/api/errors?sort=size").status == 400)
        }
    }

    @Test("Safety ranks them first, counts down, and says what did not run") func safety() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            let clean = api.get("/api/safety").data
            Crime.freeTwice(40)
            let before = api.get("/api/safety").data
            let finding = try #require(before.findings.list.first)
            #expect(finding.detector.text == "errors" && finding.severity.text == "critical")
            #expect(ErrorRouteTests.names(finding.stack).contains { $0.contains("freeTwice") })
            #expect(before.score.number ?? 100 <= (clean.score.number ?? 0) / 2 + 1)
            let coverage = { (data: JSONValue) in
                Dictionary(uniqueKeysWithValues: data.detectors.list.map { ($0.detector.text, $0.coverage.text) })
            }
            #expect(coverage(before)["leaks"] == "not-run" && coverage(before)["errors"] == "partial")
            lose(20, loseLonely)
            lose(20) { loseBlocks(1000) }
            #expect(api.post("/api/leakscan").status == 200)
            #expect(coverage(api.get("/api/safety").data)["leaks"] != "not-run")
            let leaks = api.get("/api/safety?detector=leaks").data.findings.list
            #expect(leaks.allSatisfy { $0.detector.text == "leaks" })
            // What to do depends on what is lost.
            let remedies = leaks.map { "\($0.title.text ?? "") -> \($0.remedy.text ?? "")" }
            #expect(remedies.contains { $0.contains("Lonely unreachable -> balance Unmanaged.passRetained") })
            #expect(remedies.contains { $0.contains("-> free them") })
        }
    }

    @Test("Metrics and configuration count them") func figures() async {
        await #expect(processExitsWith: .success) {
            Crime.freeTwice(40)
            let api = API()
            let metrics = api.get("/metrics").text.split(separator: "\n")
            #expect(metrics.contains("memscope_memory_errors_total{kind=\"double-free\"} 1"))
            let config = api.get("/api/config").data
            #expect(config.checks.totals.errors.number == 1 && config.showsContents.flag == false)
            #expect(api.get("/api/metadata").data.notDetected.list.contains { $0.what.text == "data races" })
        }
    }

    @Test("An error does not hold the block that it is about") func held() async {
        await #expect(processExitsWith: .success) {
            lose(1) {
                let block = unsafe malloc(1000)!
                unsafe free(block + 16)
            }
            let api = API()
            let leaks = api.get("/api/leaks?kind=direct").data.leaks.list
            let errors = api.get("/api/errors").data
            let block = errors.errors.list.first?.block.text ?? ""
            #expect(errors.total.number == 1)
            #expect(leaks.contains { $0.bytes.number == 1000 }, "\(api.get("/api/objects/\(block)").text)")
        }
    }
}
