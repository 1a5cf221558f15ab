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
            (.class, "Account", 1 << 32, "deinitialised object whose memory an unowned reference keeps"),
            (.class, "Account", 3 << 62, "object with reference counts in a side table"),
            (.task, "Task<Int>", 0, "suspended task nobody will resume"),
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
