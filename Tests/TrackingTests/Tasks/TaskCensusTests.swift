import Testing

@testable import Tracking

/// Other tests make tasks at the same time, so each test looks for its own ones by their ids.
@Suite("Swift tasks") struct TaskCensusTests {
    private final class Item {
        var next: Item?
        init(_ next: Item?) { self.next = next }
    }

    /// Carries a value out of a task.
    ///
    /// `@unchecked Sendable`: nobody uses the value.
    private final class Holder: @unchecked Sendable {
        let value: Item?
        init(_ value: Item?) { self.value = value }
    }

    /// One block of 32 bytes for each item.
    @inline(never) private static func make(_ count: Int) -> Item? {
        var first: Item?
        for _ in 0..<count { first = Item(first) }
        return first
    }

    /// The id of the calling task, as Swift says it.
    private static var current: UInt64 {
        unsafe withUnsafeCurrentTask { task in
            unsafe task.map { unsafe TaskReader.id(ofObjectAt: UInt64(unsafeBitCast($0, to: UInt.self))) } ?? 0
        }
    }

    /// A place where tasks wait until they are let through.
    private actor Gate {
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false

        func pass() async {
            guard !isOpen else { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for one in waiting { one.resume() }
            waiting = []
        }
    }

    private static func record(_ id: UInt64, in census: TaskCensus = .now()) -> TaskRecord? {
        census.tasks.first { $0.id == id }
    }

    /// Waits until a task is in a state: what it does after it has told its id takes a moment.
    private static func record(_ id: UInt64, when state: TaskState) async throws -> TaskRecord {
        for _ in 0..<6000 {
            if let found = record(id), found.state == state { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try #require(record(id), "no task has the id \(id)")
    }

    @Test("this runtime keeps its tasks as expected, also when asked within a task") func layout() async throws {
        #expect(TaskSamples.metadata() != nil)
        let before = Self.current
        #expect(await Task { TaskSamples.metadata() }.value != nil)
        #expect(Self.current == before && before != 0)
        #expect(TaskCensus.now().problem == nil)
    }

    @Test("1,000 tasks are counted, each for itself") func thousand() async throws {
        typealias Made = (id: UInt64, count: UInt64, items: Holder)
        var made: [Made] = []
        await withTaskGroup(of: Made.self) { group in
            for index in 1...1000 {
                group.addTask { (Self.current, UInt64(index), Holder(Self.make(index))) }
            }
            for await one in group { made.append(one) }
        }
        let census = TaskCensus.now()
        let records = Dictionary(uniqueKeysWithValues: census.tasks.map { ($0.id, $0) })
        #expect(made.count == 1000 && Set(made.map(\.id)).count == 1000)
        for one in made {
            let record = try #require(records[one.id])
            #expect(record.liveBlocks == one.count + 1)  // with the holder
            #expect(record.liveBytes == one.count * 24 + 24)
            #expect(record.state == .completed && record.kind == .groupChild && record.isOrphaned == false)
            #expect(record.parent == Self.current && record.creator == Self.current)
            #expect(record.allocatedBytes.map { $0 >= record.liveBytes } == true)
        }
        let ids = Set(made.map(\.id))
        made = []
        // An ended task without live blocks has no row.
        #expect(!TaskCensus.now().tasks.contains { ids.contains($0.id) })
    }

    @Test("names, states, and the origin of a task") func origin() async throws {
        TaskReader.prepare()
        let gate = Gate()
        let (ids, send) = AsyncStream.makeStream(of: UInt64.self)
        let start = CaptureCore.now
        let task = Task(name: "named") { () -> Holder in
            let items = Holder(Self.make(10))
            send.yield(Self.current)
            await gate.pass()
            return items
        }
        var stream = ids.makeAsyncIterator()
        let id = try #require(await stream.next())
        let waiting = try await Self.record(id, when: .suspended)
        #expect(waiting.name == "named" && waiting.state == .suspended && waiting.kind == .unstructured)
        #expect(waiting.parent == nil && waiting.creator == Self.current && waiting.isOrphaned == false)
        #expect(waiting.liveBlocks >= 10 && waiting.priority != nil)
        let createdAt = try #require(waiting.createdAt)
        // The clock of births has steps of some milliseconds.
        #expect(createdAt <= CaptureCore.now && createdAt + 20_000_000 >= start)
        let site = try #require(CaptureCore.site(waiting.site))
        let names = MetadataStore().symbolize(stack: site.addresses, at: site.firstSeen).map(\.function)
        #expect(names.contains { $0.contains("origin()") }, "\(names)")
        await gate.open()
        let items = await task.value
        let ended = try await Self.record(id, when: .completed)
        #expect(ended.state == .completed && ended.name == "named" && ended.createdAt == createdAt)
        #expect(ended.liveBlocks >= 10)
        withExtendedLifetime((task, items)) {}
    }

    @Test("a detached task that outlives the one that made it is an orphan") func orphan() async throws {
        let gate = Gate()
        let (ids, send) = AsyncStream.makeStream(of: UInt64.self)
        let creator = await Task {
            let own = Self.current
            Task.detached {
                let items = Self.make(7)
                send.yield(Self.current)
                await gate.pass()
                withExtendedLifetime(items) {}
            }
            return own
        }.value
        var stream = ids.makeAsyncIterator()
        let id = try #require(await stream.next())
        let orphan = try await Self.record(id, when: .suspended)
        #expect(orphan.creator == creator && orphan.parent == nil && orphan.isOrphaned == true)
        await gate.open()
    }

    @Test("a task by async let has its parent; the rest is unknown") func asyncLet() async throws {
        TaskReader.prepare()
        let parent = Self.current
        async let made: (UInt64, Holder) = {
            (Self.current, Holder(Self.make(5)))
        }()
        let (id, items) = await made
        let record = try #require(Self.record(id))
        #expect(record.kind == .asyncLet && record.parent == parent && record.state == nil)
        #expect(record.isOrphaned == nil && record.createdAt == nil && record.liveBlocks >= 5)
        withExtendedLifetime(items) {}
    }

    @Test("what is counted on an account that another task gets later stays known") func recycled() async throws {
        let gate = Gate(), end = Gate()
        let (ids, send) = AsyncStream.makeStream(of: UInt64.self)
        let task = Task {
            _ = Self.make(1000)
            send.yield(Self.current)
            await gate.pass()
            let items = Self.make(10)
            send.yield(0)
            await end.pass()
            withExtendedLifetime(items) {}
        }
        var stream = ids.makeAsyncIterator()
        let id = try #require(await stream.next())
        _ = try await Self.record(id, when: .suspended)
        // Without live blocks an account is given back after some ticks, and then to the next tasks.
        for _ in 0..<5 {
            CaptureCore.asOwnThread { CaptureCore.tick() }
            try await Task.sleep(for: .milliseconds(200))
        }
        await withTaskGroup { group in for _ in 0..<2000 { group.addTask { _ = Self.make(3) } } }
        await gate.open()
        _ = await stream.next()
        let record = try #require(Self.record(id))
        #expect(record.liveBlocks >= 10)
        if let allocations = record.allocations { #expect((1010..<1100).contains(allocations)) }
        await end.open()
        await task.value
    }

    @Test("with the tasks the rest adds up to the totals") func rest() async {
        let kept = await Task { Holder(Self.make(100)) }.value
        let before = CaptureCore.totals().program
        let census = TaskCensus.now()
        let after = CaptureCore.totals().program
        let allocations = census.tasks.reduce(0) { $0 + ($1.allocations ?? 0) }
        let sum = allocations + census.gone.allocations + census.outside.allocations
        #expect(sum >= before.allocations && sum <= after.allocations)
        let live = census.tasks.reduce(0) { $0 + $1.liveBytes } + census.outside.liveBytes
        #expect(live > 0)
        withExtendedLifetime(kept) {}
    }
}
