import Foundation
import MemscopeServer
import Testing

// Each in a process of its own, which has no server unless the test starts one.
@Suite("Figures in Swift") struct FiguresTests {
    @Test("A summary is what the API answers") func summary() async {
        await #expect(processExitsWith: .success) {
            let before = MemScope.summary()
            let answer = API().get("/api/summary").data
            let after = MemScope.summary()
            #expect(before.mode == .full && before.quality == .measured && before.liveBytesStandardError == 0)
            #expect((before.allocations...after.allocations).contains(UInt64(answer.allocations.number ?? 0)))
            #expect((before.allocatedBytes...after.allocatedBytes).contains(UInt64(answer.allocatedBytes.number ?? 0)))
            #expect(before.liveBytes == before.allocatedBytes - before.freedBytes)
            #expect(before.allocator == answer.allocator.text && before.rssBytes ?? 0 > 1 << 20)
            #expect(before.uptime > .zero && before.uptime < .seconds(600))
            #expect(before.rates == nil && before.threads >= 1 && before.peakLiveBytes >= before.liveBytes)
            MemScope.mode = .sampled
            _ = (0..<10_000).map { [Int](repeating: $0, count: 64) }
            #expect(MemScope.summary().quality == .sampled && MemScope.summary().mode == .sampled)
        }
    }

    @Test("Call stacks and types come with what they hold, most first") func lists() async {
        await #expect(processExitsWith: .success) {
            let held = makeOwners(1000)
            let sites = MemScope.sites(by: .blocks, limit: 5)
            #expect(sites.count == 5 && sites.map(\.blocks) == sites.map(\.blocks).sorted(by: >))
            let site = try #require(sites.first { $0.stack.contains { $0.function.contains("makeOwners") } })
            #expect(site.blocks >= 1000 && site.stackQuality == .exact)
            #expect(MemScope.sites(limit: 0).isEmpty)

            let types = try MemScope.types()
            #expect(types.map(\.bytes) == types.map(\.bytes).sorted(by: >))
            let owner = try #require(types.first { $0.name.hasSuffix(".Owner") })
            #expect(owner.blocks == 1000 && owner.kind == .class && owner.retainedBytes == nil)
            #expect(try MemScope.types(by: .name, limit: 3).map(\.name) == types.map(\.name).sorted().prefix(3) + [])
            let retaining = try MemScope.types(by: .retainedBytes, limit: 20).map { $0.retainedBytes ?? 0 }
            #expect(retaining.count == 20 && retaining[0] > 0 && retaining == retaining.sorted(by: >))
            #expect(held.count == 1000)
        }
    }

    @Test("Tasks come with names, and with what they hold when they have ended") func tasks() async {
        await #expect(processExitsWith: .success) {
            // From here on names are kept.
            let first = await Task { MemScope.tasks(limit: 1) }.value
            #expect(first.count <= 1 && MemScope.tasks(limit: 0).isEmpty)
            let held = await Task(name: "maker") { (0..<1000).map { [Int](repeating: $0, count: 8) } }.value
            let tasks = MemScope.tasks()
            #expect(tasks.map(\.liveBytes) == tasks.map(\.liveBytes).sorted(by: >))
            let task = try #require(tasks.first { $0.name == "maker" })
            #expect(task.state == .completed && task.kind == .unstructured && task.liveBlocks >= 1000)
            #expect(task.stack.contains { $0.function.contains("FiguresTests") } && task.createdAt != nil)
            let answer = API().get("/api/tasks").data
            #expect(answer.problem.text == nil && (answer.ended.liveBlocks.number ?? 0) >= 1000)
            let row = try #require(answer.tasks.list.first { $0.name.text == "maker" })
            #expect(row.id.text == "0x" + String(task.id, radix: 16) && row.state.text == "completed")
            #expect((row.liveBytes.number ?? 0) >= 96_000 && row.peakBytes.number == nil)
            #expect(API().get("/api/tasks?state=running").data.tasks.list.allSatisfy { $0.state.text == "running" })
            #expect(held.count == 1000)
        }
    }

    @Test("What came and went between two snapshots, without a server") func diff() async {
        await #expect(processExitsWith: .success) {
            let before = try #require(MemScope.snapshot(named: "before"))
            #expect(before == "s1" && MemScope.runningServer == nil)
            let held = makeOwners(500)
            let diff = try MemScope.diff(from: "before")
            #expect(diff.from.id == "s1" && diff.from.name == "before" && diff.to.id == "now")
            #expect(diff.to.takenAt > diff.from.takenAt && diff.bytes > 0)
            let owner = try #require(diff.types.first { $0.name.hasSuffix(".Owner") })
            #expect(owner.change == .new && owner.blocks == 500)
            let site = try #require(diff.sites.first { $0.stack.contains { $0.function.contains("makeOwners") } })
            #expect(site.blocks >= 500 && site.change == .new)
            #expect(try MemScope.diff(from: before, to: "before").types.isEmpty)
            #expect(try MemScope.diff(from: before, limit: 1).types.count == 1)
            let error = try #require(throws: HeapAnalysisError.self) { try MemScope.diff(from: "s7") }
            #expect(error.code == .unknownSnapshot && error.message.contains("\"s7\"") && error.message.contains("s1"))
            #expect(held.count == 500)
        }
    }

    @Test("Marks and snapshots made before a server are there when it comes, and after it") func history() async {
        await #expect(processExitsWith: .success) {
            MemScope.mark("started")
            #expect(MemScope.snapshot(named: "cold") == "s1")
            for _ in 1...2 {
                let server = try MemScope.serve(port: 0)
                let timeline = ask(server.url, "GET /api/timeline").map { Answer($0).data }
                #expect(timeline?.marks.list.map(\.name.text) == ["started"])
                let kept = ask(server.url, "GET /api/snapshots").map { Answer($0).data }
                #expect(kept?.snapshots.list.map(\.name.text) == ["cold"])
                server.stop()
            }
        }
    }

    @Test("A task that awaits a look keeps no thread from others") func awaited() async {
        await #expect(processExitsWith: .success) {
            lose(3, loseOwner)
            let analysis = try await MemScope.analyze()
            #expect(analysis.cycles.contains { $0.count >= 2 && $0.types.contains { $0.hasSuffix(".Account") } })
            #expect(analysis.scan.pause > .zero && analysis.scan.duration > analysis.scan.pause)
            let other = await onMainActor { try await MemScope.analyze() }
            #expect(try other.get().cycles.isEmpty == false)
            var hasty = MemScope.AnalysisOptions()
            hasty.timeout = .nanoseconds(1)
            await #expect { try await MemScope.analyze(hasty) } throws: {
                ($0 as? HeapAnalysisError)?.code == .timedOut
            }
        }
    }
}

@MainActor private func onMainActor<Value: Sendable>(
    _ body: @MainActor () async throws -> Value
) async -> Result<Value, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
}

@inline(never) private func makeOwners(_ count: Int) -> [Owner] {
    (0..<count).map { _ in Owner() }
}
