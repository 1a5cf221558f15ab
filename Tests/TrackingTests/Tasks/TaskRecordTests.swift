import Testing

@testable import Tracking

/// Sums and conclusions, from accounts that are made up.
@Suite("Task records") struct TaskRecordTests {
    private static func account(_ id: UInt64, by creator: UInt64? = 0, live: UInt64 = 1) -> TaskAccount {
        var account = TaskAccount(task: id)
        account.origin = creator.map { TaskAccount.Origin(creator: $0, createdAt: 5, site: 3) }
        account.jobFlags = 0
        (account.allocations, account.allocatedBytes) = (10, 100)
        (account.liveBlocks, account.liveBytes) = (live, live * 10)
        return account
    }

    private static func census(
        _ accounts: [TaskAccount],
        gone: Set<UInt64> = [],
        lost: Set<UInt64> = [],
        knowsLayout: Bool = true
    ) -> TaskCensus {
        var totals = Totals()
        totals.program = Counts(allocations: 1000, frees: 900, allocatedBytes: 10_000, freedBytes: 9000)
        return TaskCensus(
            accounts: accounts,
            earlier: { lost.contains($0) ? nil : TaskCounts(allocations: $0 == 1 ? 7 : 0, bytes: $0 == 1 ? 70 : 0) },
            allEarlier: TaskCounts(allocations: 20, bytes: 200),
            totals: totals,
            knowsLayout: knowsLayout,
            look: { gone.contains($0.task) ? .gone : .unknown }
        )
    }

    @Test("a task's accounts are added up, with what it counted on others") func sums() throws {
        let census = Self.census([Self.account(1), Self.account(1), Self.account(2)])
        #expect(census.tasks.map(\.id) == [1, 2])
        let first = try #require(census.tasks.first)
        #expect(first.allocations == 27 && first.allocatedBytes == 270)
        #expect(first.liveBlocks == 2 && first.liveBytes == 20)
        #expect(census.gone.allocations == 20 + 30 - 27 - 10)
        #expect(census.outside.allocations == 1000 - 20 - 30)
        #expect(census.outside.liveBytes == 1000 - 30)
    }

    @Test("a total of which a part is lost is not known") func lost() throws {
        let census = Self.census([Self.account(1)], lost: [1])
        let task = try #require(census.tasks.first)
        #expect(task.allocations == nil && task.allocatedBytes == nil && task.liveBytes == 10)
    }

    @Test("an ended task without live blocks has no row, but counts") func gone() {
        let census = Self.census([Self.account(1, live: 0), Self.account(2)], gone: [1, 2])
        #expect(census.tasks.map(\.id) == [2] && census.tasks[0].state == .completed)
        #expect(census.gone.allocations == 30 && census.tasks[0].isOrphaned == false)
    }

    @Test("what is not known is nil") func unknown() throws {
        let census = Self.census([Self.account(1, by: nil), Self.account(2, by: 9)], knowsLayout: false)
        for task in census.tasks {
            #expect(task.kind == nil && task.state == nil && task.isOrphaned == nil && task.parent == nil)
        }
        #expect(census.tasks.map(\.creator) == [nil, 9] && census.tasks.map(\.createdAt) == [nil, 5])
    }

    @Test("a name may be cut off in the middle of a character") func names() {
        #expect(TaskObject.text(Array("größe".utf8)[...]) == "größe")
        #expect(TaskObject.text(Array("größe".utf8).prefix(3)) == "gr")
        #expect(TaskObject.text([0x61, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
    }
}
