import Glibc
import MemscopeServer
import Synchronization
import Testing

/// In processes of their own, as what is lost stays lost.
@Suite("Words of functions that run or wait") struct LooseWordTests {
    @Test("Addresses on a stack do not keep objects that own each other, a variable does") func stack() async {
        await #expect(processExitsWith: .success) {
            let kept = makeHeldOwner()
            let api = API()
            let cycles = withLostOwnersOnStack(20) { api.get("/api/cycles").data.cycles }
            let lost = rows(in: cycles, withType: "Owner").filter { $0.reachable.flag == false }
            // Where an address inside of one is left on the stack, its references may just be changing.
            #expect((lost.first?.count.number ?? 0) >= 15)
            #expect(kept.name == 7)
        }
    }

    @Test("Nor do addresses in frames of tasks that wait") func frames() async {
        await #expect(processExitsWith: .success) {
            let (stream, end) = AsyncStream.makeStream(of: Void.self)
            let tasks = (0..<20).map { _ in Task { await waitWithAddress(until: stream) } }
            let holder = Task { await waitWithOwner(until: stream) }
            await yield { waiting.load(ordering: .relaxed) >= 21 }
            let api = API()
            let lost = rows(in: api.get("/api/cycles").data.cycles, withType: "Owner").filter {
                $0.reachable.flag == false
            }
            #expect((lost.first?.count.number ?? 0) >= 15)
            end.finish()
            for task in tasks { #expect(await task.value != 0) }
            #expect(await holder.value == 7)
        }
    }

    @Test("Blocks that only frames of tasks lead to are told apart, and are no leaks") func blocks() async {
        await #expect(processExitsWith: .success) {
            let (stream, end) = AsyncStream.makeStream(of: Void.self)
            let api = API()
            let tasks = (0..<40).map { _ in Task { await waitWithBlock(of: 5000, until: stream) } }
            await yield { waiting.load(ordering: .relaxed) >= 40 }
            let after = api.post("/api/leakscan").data.summary
            // The program holds more that way, and not always the same; old words elsewhere may hold some of these.
            #expect(after.stackHeldBlocks.number ?? 0 >= 20 && after.stackHeldBytes.number ?? 0 >= 20 * 5000)
            let leaks = api.get("/api/leaks?limit=1000").data.leaks.list
            #expect(!leaks.contains { $0.stack.list.contains { $0.function.text?.contains("waitWithBlock") == true } })
            end.finish()
            for task in tasks { await task.value }
        }
    }
}
