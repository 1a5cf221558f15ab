import MemscopeAnalysis
import Testing
import Tracking

@Suite("Leaks") struct LeakTests {
    @Test("A retain cycle, what it holds, and what is lost without one, are told apart")
    func kinds() throws {
        var builder = GraphBuilder()
        let person = builder.type("Person", fields: ["account"])
        let account = builder.type("Account", fields: ["owner", "log"])
        let log = builder.type("Log")
        let chunk = builder.type("libc.so.6", .c)
        let ring = [builder.block(person, size: 32), builder.block(account, size: 48)]
        let held = builder.block(log, size: 100, site: 2)
        let lost = builder.block(log, size: 7, site: 3, counts: 1 << 33)
        let buffer = builder.block(chunk, size: 11, site: 4)
        builder.edge(ring[0], ring[1])
        builder.edge(ring[1], ring[0])
        builder.edge(ring[1], held, at: 24)
        let leaks = try builder.analyse().leaks
        #expect(leaks.blocks == 5 && leaks.bytes == 198)
        #expect(leaks.groups.map(\.kind) == [.indirect, .cycle, .cycle, .direct, .direct])
        #expect(leaks.groups.map { $0.nodes.map(Int.init) } == [[held], [ring[1]], [ring[0]], [buffer], [lost]])
        #expect(leaks.groups.map(\.retainedBytes) == [100, 180, 180, 11, 7])
        #expect(
            leaks.groups.map(\.reason) == [
                "held by a leaked Account", "retain cycle", "retain cycle", "malloc without free",
                "object with strong count 2 that nobody refers to (a lost Unmanaged.passRetained?)",
            ]
        )
    }

    @Test("Every lost block has the kind that the definition gives it", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, roots) = randomGraph(using: &random)
        let graph = try plainGraph(targets, roots: roots)
        let analysis = try #require(GraphAnalysis(graph: graph, births: { UInt64($0) }))
        let kept = closure(of: roots, in: targets)
        let mates = cycleMates(in: targets)
        for node in targets.indices {
            let holders = targets.indices.filter { $0 != node && !kept.contains($0) && targets[$0].contains(node) }
            let expected: LeakKind? =
                kept.contains(node) ? nil : !mates[node].isEmpty ? .cycle : holders.isEmpty ? .direct : .indirect
            #expect(analysis.leakKinds.kind(of: node) == expected)
        }
        for group in analysis.leaks.groups {
            let members = targets.indices.filter { analysis.leakKinds.kind(of: $0) == group.kind }
            let held = closure(of: Set(members), in: targets).subtracting(kept)
            #expect(group.count == members.count && group.bytes == members.reduce(0) { $0 + UInt64($1) + 1 })
            #expect(group.retainedBytes == held.reduce(0) { $0 + UInt64($1) + 1 })
            #expect(group.nodes == members.prefix(LeakGroup.nodeLimit).map(UInt32.init))
        }
    }

    @Test("A block that refers to itself without a retain cycle is direct")
    func selfReference() throws {
        var builder = GraphBuilder()
        let type = builder.type("libc.so.6", .c)
        let block = builder.block(type)
        builder.edge(block, block, .conservative)
        #expect(try builder.analyse().leaks.groups.map(\.kind) == [.direct])
    }

    @Test("The oldest of a ring of C blocks is where the leak begins, unless something holds the ring")
    func ring() throws {
        var builder = GraphBuilder()
        let type = builder.type("libc.so.6", .c)
        for _ in 0..<6 { builder.block(type) }
        for (from, to) in [(0, 1), (1, 2), (2, 0), (3, 4), (4, 3), (5, 4)] { builder.edge(from, to, .conservative) }
        let analysis = try builder.analyse(births: { 10 - UInt64($0) })
        let expected: [LeakKind] = [.indirect, .indirect, .direct, .indirect, .indirect, .direct]
        #expect((0..<6).map(analysis.leakKinds.kind) == expected)
        #expect((0..<6).filter(analysis.leakKinds.entries.contains) == [2, 5])
    }

    @Test(
        "A leak without a cycle is named for what it is",
        arguments: [
            (TypeKind.class, "Swift.CheckedContinuationCanary", 1 << 33, "(a continuation nobody can resume?)"),
            (.class, "Account", 1 << 32, "deinitialised object whose memory stays for an unowned reference"),
            (.class, "Account", 3 << 62, "object with reference counts in a side table"),
            (.task, "Task", 0, "task with strong count 1 that nobody refers to"),
            (.closure, "closure context", 0, "closure context with strong count 1 that nobody refers to"),
            (.array, "_ContiguousArrayStorage<Int>", 0, "array storage with strong count 1"),
            (.unknown, "", 0, "block of unknown type that nobody refers to"),
        ] as [(TypeKind, String, UInt64, String)]
    )
    func reasons(kind: TypeKind, name: String, counts: UInt64, reason: String) throws {
        var builder = GraphBuilder()
        builder.block(builder.type(name, kind), counts: counts)
        let group = try #require(try builder.analyse().leaks.groups.first)
        #expect(group.reason.contains(reason))
    }

    @Test("A guess is made only where more references are counted than there can be")
    func guesses() throws {
        func reason(_ name: String, counts: UInt64, ring: Bool) throws -> String {
            var builder = GraphBuilder()
            let object = builder.block(builder.type(name), counts: counts)
            let buffer = builder.block(builder.type("libc.so.6", .c))
            builder.edge(object, buffer, .unmanaged)
            if ring { builder.edge(buffer, object, .conservative) }
            return try #require(try builder.analyse().leaks.groups.first { $0.kind == .direct }).reason
        }
        #expect(try reason("App.Box", counts: 0, ring: false).hasSuffix("refers to (a lost Unmanaged.passRetained?)"))
        #expect(try reason("App.Box", counts: 0, ring: true).hasSuffix("that only itself and what it holds refer to"))
        #expect(try reason("App.Box", counts: 1 << 33, ring: true).hasSuffix("(a lost Unmanaged.passRetained?)"))
        #expect(try reason("App.Box", counts: 3 << 62, ring: false).hasSuffix("in a side table that nobody refers to"))
        #expect(try reason("App.Box", counts: 1 << 32, ring: false).hasPrefix("deinitialised object"))
    }

    /// A task whose frames hold an object that has its continuation; `ended` tasks have no frames.
    private func task(
        in builder: inout GraphBuilder,
        counts: UInt64 = 0,
        ended: Bool = false
    ) -> (task: Int, box: Int) {
        let box = builder.block(builder.type("App.Box", fields: ["continuation"]))
        let canary = builder.block(builder.type("CheckedContinuationCanary"))
        let task = builder.block(builder.type("Task", .task), counts: counts)
        builder.edge(box, canary)
        builder.edge(canary, task, .conservative)
        if !ended {
            let frames = builder.block(builder.type("libswift_Concurrency.so", .c))
            builder.edge(task, frames, .conservative)
            builder.edge(frames, box, .conservative)
            builder.edge(frames, task, .conservative, at: 24)
        }
        return (task, box)
    }

    @Test("A task whose continuation is lost is the leak, and what its frames hold is held by it")
    func lostContinuation() throws {
        var builder = GraphBuilder()
        let (task, _) = task(in: &builder)
        let analysis = try builder.analyse()
        #expect(analysis.leakKinds.kind(of: task) == .direct)
        let reasons = Dictionary(
            uniqueKeysWithValues: analysis.leaks.groups.map { group in
                (analysis.graph.typeName(of: group.nodes[0]), group.reason)
            }
        )
        #expect(reasons["Task"] == "suspended task nobody will resume: its continuation was lost")
        #expect(reasons["App.Box"] == "held by a leaked Task")
        #expect(reasons["CheckedContinuationCanary"] == "held by a leaked App.Box")
    }

    @Test("A task that ended, or that all its references account for, is not called suspended")
    func notSuspended() throws {
        var ended = GraphBuilder()
        _ = task(in: &ended, ended: true)
        var held = GraphBuilder()
        let (task, box) = task(in: &held)
        held.edge(box, task, at: 24)
        for builder in [ended, held] {
            #expect(try builder.analyse().leaks.groups.allSatisfy { !$0.reason.contains("suspended") })
        }
    }

    @Test("A retain cycle through a task that waits is told so")
    func stuckCycle() throws {
        var builder = GraphBuilder()
        let (task, _) = task(in: &builder, counts: 1 << 33)
        let owner = builder.block(builder.type("App.Poller", fields: ["task"]))
        builder.edge(task, owner, .conservative, at: 32)
        builder.edge(owner, task)
        let analysis = try builder.analyse()
        #expect(analysis.leakKinds.kind(of: task) == .cycle && analysis.leakKinds.kind(of: owner) == .cycle)
        let reasons = Set(analysis.leaks.groups.filter { $0.kind == .cycle }.map(\.reason))
        #expect(reasons == ["retain cycle with a suspended task nobody will resume"])
    }

    @Test("A waiting task whose frames hold a retain cycle is a leak of its own")
    func besideCycle() throws {
        var builder = GraphBuilder()
        let (task, box) = task(in: &builder)
        let other = builder.block(builder.type("App.Other", fields: ["box"]))
        builder.edge(box, other, at: 24)
        builder.edge(other, box)
        let analysis = try builder.analyse()
        #expect([task, box, other].map { analysis.leakKinds.kind(of: $0) } == [.direct, .cycle, .cycle])
        #expect(analysis.leaks.groups.filter { $0.kind == .cycle }.allSatisfy { $0.reason == "retain cycle" })
    }

    @Test("A task that another lost task refers to waits for that task")
    func awaitsTask() throws {
        var builder = GraphBuilder()
        let (lost, _) = task(in: &builder)
        let (waiting, _) = task(in: &builder)
        builder.edge(lost, waiting, .conservative, at: 40)
        let groups = try builder.analyse().leaks.groups
        let direct = groups.filter { $0.kind == .direct }
        #expect(direct.map { $0.nodes } == [[UInt32(lost)]])
        #expect(direct.first?.reason.hasSuffix("its continuation was lost") == true)
    }

    @Test("Groups whose call stacks read the same are one, with all their blocks")
    func equalStacks() throws {
        var builder = GraphBuilder()
        let node = builder.type("App.Node", fields: ["next"])
        // The same class where its blocks have a tail.
        let tailed = builder.type("App.Node", fields: ["next"])
        for site in 1...40 as ClosedRange<UInt32> {
            builder.block(site % 2 == 0 ? node : tailed, size: 10, site: site, counts: UInt64(site) << 33)
        }
        let apart = try builder.analyse().leaks
        #expect(apart.groups.count == 40)
        let graph = try builder.build()
        let analysis = try #require(
            GraphAnalysis(graph: graph, births: { UInt64($0) + 1 }, representative: { $0 <= 30 ? 1 : $0 })
        )
        let group = try #require(analysis.leaks.groups.first)
        #expect(analysis.leaks.groups.count == 11 && group.site == 1)
        #expect(group.count == 30 && group.bytes == 300 && group.retainedBytes == 300)
        #expect(group.nodes == Array(0..<UInt32(LeakGroup.nodeLimit)))
        #expect(group.reason.contains("strong counts 2 to 31"))
        #expect(analysis.leaks.blocks == 40 && analysis.leaks.bytes == 400)
        for (index, found) in analysis.leaks.groups.enumerated() {
            for block in found.nodes {
                #expect(analysis.leaks.group(of: .direct, graph.nodes[Int(block)]) == index)
            }
        }
    }

    @Test("A group that several hold says so")
    func holders() throws {
        var builder = GraphBuilder()
        let log = builder.type("App.Log")
        for name in ["App.Disk", "App.Net"] {
            let owner = builder.block(builder.type(name, fields: ["log"]))
            builder.edge(owner, builder.block(log, site: 7))
        }
        let buffer = builder.block(builder.type("libx.so", .c))
        builder.edge(buffer, builder.block(log, site: 8), .conservative)
        let reasons = try builder.analyse().leaks.groups.filter { $0.kind == .indirect }.map(\.reason)
        #expect(Set(reasons) == ["held by a leaked App.Disk and others", "held by a leaked block of libx.so"])
    }

    @Test("Storage is named by what holds it")
    func storage() throws {
        var builder = GraphBuilder()
        let shelf = builder.block(builder.type("Shelf", fields: ["books"]))
        let array = builder.block(builder.type("_ContiguousArrayStorage<Book>", .array, elements: [""]))
        let book = builder.block(builder.type("Book"))
        builder.edge(shelf, array)
        builder.edge(array, book, at: 32)
        let groups = try builder.analyse().leaks.groups
        #expect(groups.map(\.kind) == [.direct, .indirect, .indirect])
        #expect(groups.dropFirst().allSatisfy { $0.reason == "held by a leaked Shelf" })
    }

    @Test("What groups retain is left unknown where it costs too much, never guessed")
    func retentionLimit() throws {
        let count = 40_000
        var builder = GraphBuilder()
        // A list whose blocks come from ten sites in turn: each holds nearly everything.
        for index in 0..<count { builder.block(size: 1, site: UInt32(index % 10) + 1) }
        for index in 0..<count - 1 { builder.edge(index, index + 1) }
        let groups = try builder.analyse().leaks.groups
        let known = groups.filter { $0.retainedBytes != nil }
        #expect(groups.count == 11 && known.count > 2 && known.count < 8)
        for group in known {
            #expect(group.retainedBytes == UInt64(count) - UInt64(try #require(group.nodes.first)))
        }
    }

    @Test("Two groups of strong counts are one range")
    func counts() throws {
        var builder = GraphBuilder()
        let type = builder.type("Account")
        for extra in [0, 4, 2] as [UInt64] { builder.block(type, counts: extra << 33) }
        #expect(try builder.analyse().leaks.groups.first?.reason.contains("strong counts 1 to 5") == true)
    }
}
