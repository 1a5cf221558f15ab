import Testing
import Tracking

@Suite("Tasks and async stacks") struct TaskTests {
    @inline(never) private func leaf() async -> UInt64 {
        await Task.yield()
        return allocate(641)
    }

    @inline(never) private func middle() async -> UInt64 {
        await Task.yield()
        let address = await leaf()
        await Task.yield()
        return address
    }

    @inline(never) private func outer() async -> UInt64 {
        await Task.yield()
        let address = await middle()
        await Task.yield()
        return address
    }

    @Test("A block of a task carries its id, and another task's block another id") func ids() async throws {
        let addresses = [await Task { allocate(617) }.value, await Task { allocate(619) }.value]
        defer { release(addresses) }
        let tasks = addresses.compactMap { liveBlocks(at: [$0]).first?.task }
        #expect(tasks.count == 2)
        #expect(!tasks.contains(0))
        #expect(Set(tasks).count == 2)
    }

    @Test("One task keeps its id over awaits") func sameTask() async {
        let addresses = await Task {
            var addresses = [allocate(643)]
            await Task.yield()
            addresses.append(allocate(647))
            return addresses
        }.value
        defer { release(addresses) }
        #expect(Set(liveBlocks(at: addresses).map(\.task)).count == 1)
    }

    @Test("After an await the stack names the logical callers, innermost first") func logicalCallers() async throws {
        let address = await Task.detached { await outer() }.value
        defer { release([address]) }
        let block = try #require(liveBlocks(at: [address]).first)
        let site = try #require(CaptureCore.site(block.site))
        #expect(site.isAsync)
        let names = MetadataStore().symbolize(stack: site.addresses, at: site.firstSeen).map(\.function)
        let callers = ["leaf()", "middle()", "outer()"]
        let found = names.compactMap { name in callers.first { name.contains("TaskTests.\($0)") } }
        #expect(found == callers)
    }
}
