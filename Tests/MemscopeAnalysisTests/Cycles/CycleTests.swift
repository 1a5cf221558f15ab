import MemscopeAnalysis
import Testing
import Tracking

@Suite("Retain cycles") struct CycleTests {
    /// `rings` persons with accounts in an array, each of which knows its owner.
    private func persons(_ rings: Int, accounts: Int = 2, isRoot: Bool = false) -> GraphBuilder {
        var builder = GraphBuilder()
        let person = builder.type("Person", fields: ["name", "accounts"])
        let storage = builder.type("_ContiguousArrayStorage<Account>", .array, elements: [""])
        let account = builder.type("Account", fields: ["owner"])
        for ring in 0..<rings {
            let owner = builder.block(person, size: 32, site: UInt32(ring) + 1, isRoot: isRoot)
            let array = builder.block(storage, size: 64)
            builder.edge(owner, array, at: 24)
            for index in 0..<accounts {
                let held = builder.block(account, size: 24)
                builder.edge(array, held, at: 32 + 8 * UInt64(index))
                builder.edge(held, owner)
            }
        }
        return builder
    }

    @Test("A cycle reads as the program wrote it, and the reference to the owner is the one to make weak")
    func path() throws {
        let analysis = try persons(1).analyse()
        let cycle = try #require(analysis.cycles.cycles.first)
        #expect(
            cycle.path == [CycleStep(type: "Account", field: "owner"), CycleStep(type: "Person", field: "accounts[0]")]
        )
        #expect(cycle.nodes == [2, 0] && cycle.length == 2)
        #expect(cycle.breakEdge.from == "Account" && cycle.breakEdge.field == "owner" && cycle.breakEdge.to == "Person")
        #expect(cycle.breakEdge.reason.contains("make it weak"))
        #expect(cycle.count == 1 && cycle.objects == 3 && cycle.bytes == 144)
        #expect(cycle.types == ["Account", "Person"])
        #expect(!cycle.isReachable && !cycle.isInferred && cycle.site == 1 && cycle.oldest == 0)
    }

    @Test("A cycle is known by its oldest object, though the storage in it is older")
    func oldestObject() throws {
        let births: [UInt64] = [2, 1, 3, 3]
        let cycle = try #require(persons(1).analyse(births: { births[$0] }).cycles.cycles.first)
        #expect(cycle.oldest == 0 && cycle.site == 1)
    }

    @Test("Identical cycles are one entry", arguments: [false, true])
    func identical(isRoot: Bool) throws {
        let list = try persons(300, isRoot: isRoot).analyse().cycles
        #expect(list.cycles.map(\.count) == [300])
        #expect(list.cycles.map(\.objects) == [900] && list.cycles.map(\.bytes) == [43200])
        #expect(list.cycles.map(\.isReachable) == [isRoot])
        #expect(list.leaked == (isRoot ? 0 : 300))
    }

    @Test("A cycle that a root holds is apart from one that is lost, and comes after it")
    func reachable() throws {
        var builder = persons(2)
        builder.edge(builder.block(isRoot: true), 0)
        let list = try builder.analyse().cycles
        #expect(list.cycles.map(\.isReachable) == [false, true])
        #expect(list.cycles.map(\.count) == [1, 1] && list.leaked == 1)
    }

    @Test("Which element of a storage it is makes no difference")
    func elements() throws {
        var builder = GraphBuilder()
        let bag = builder.type("Bag", fields: ["items"])
        let storage = builder.type("_DictionaryStorage<Int, Item>", .dictionary, elements: ["key", "value"])
        let item = builder.type("Item", fields: ["bag"])
        for place in 0..<5 as Range<UInt64> {
            let nodes = [builder.block(bag), builder.block(storage), builder.block(item)]
            builder.edge(nodes[0], nodes[1])
            builder.edge(nodes[1], nodes[2], at: 32 + 16 * place + 8)
            builder.edge(nodes[2], nodes[0])
        }
        let cycles = try builder.analyse().cycles.cycles
        #expect(cycles.map(\.count) == [5])
        #expect(cycles.first?.path.map(\.field) == ["items[0].value", "bag"])
    }

    @Test("The cycle shown is the shortest", arguments: 0..<60 as Range<UInt64>)
    func shortest(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, _) = randomGraph(using: &random)
        var builder = GraphBuilder()
        // A type for each node: no two cycles are the same.
        let types = targets.indices.map { builder.type("T\($0)", fields: ["a", "b", "c"]) }
        for type in types { builder.block(type) }
        for (node, held) in targets.enumerated() {
            for (index, target) in held.enumerated() { builder.edge(node, target, at: 16 + UInt64(index) * 8) }
        }
        let analysis = try builder.analyse()
        let mates = cycleMates(in: targets)
        #expect(analysis.cycles.cycles.count == Set(mates.filter { !$0.isEmpty }).count)
        for cycle in analysis.cycles.cycles {
            let nodes = cycle.nodes.map(Int.init)
            for (index, node) in nodes.enumerated() {
                #expect(targets[node].contains(nodes[(index + 1) % nodes.count]))
            }
            let lengths = mates[nodes[0]].compactMap { girth(through: $0, in: targets) }
            #expect(cycle.length == lengths.min() && cycle.objects == mates[nodes[0]].count)
        }
    }

    /// Steps of the shortest way from a node back to it.
    private func girth(through start: Int, in targets: [[Int]]) -> Int? {
        var level: Set<Int> = [start]
        for length in 1...targets.count {
            level = Set(level.flatMap { targets[$0] })
            if level.contains(start) { return length }
        }
        return nil
    }

    @Test("An object that holds itself is a cycle of one")
    func loop() throws {
        var builder = GraphBuilder()
        let node = builder.block(builder.type("Node", fields: ["next"]))
        builder.edge(node, node)
        let analysis = try builder.analyse()
        #expect(analysis.cycles.cycles.first?.path == [CycleStep(type: "Node", field: "next")])
        #expect(analysis.leaks.groups.map(\.kind) == [.cycle])
    }

    @Test("A block with a word of unknown meaning that points into it is no cycle")
    func ownAddress() throws {
        var builder = GraphBuilder()
        let task = builder.block(builder.type("Task", .task))
        builder.edge(task, task, .conservative)
        let analysis = try builder.analyse()
        #expect(analysis.cycles.cycles.isEmpty)
        #expect(analysis.leaks.groups.map(\.kind) == [.direct])
    }

    @Test("A word of unknown meaning closes a cycle where its target counts more references than are known")
    func accounted() throws {
        var builder = GraphBuilder()
        let type = builder.type("App.Node")
        // Each of three is referred to once by a word of unknown meaning, and by as many others as it counts, less one.
        for strong in 0..<3 as Range<UInt64> {
            let node = builder.block(type, counts: strong << 33)
            let other = builder.block(type, counts: 0)
            builder.edge(node, other)
            builder.edge(other, node, .conservative)
            for _ in 0..<strong { builder.edge(builder.block(type), node) }
        }
        let known = builder.block(type, counts: 1 << 33)
        let back = builder.block(type)
        builder.edge(known, back)
        builder.edge(back, known, .conservative)
        for _ in 0..<2 { builder.edge(builder.block(type), known) }
        let itself = builder.block(type)
        builder.edge(itself, itself, .conservative)
        let cycles = try builder.analyse().cycles.cycles
        #expect(cycles.map(\.count).reduce(0, +) == 4 && cycles.allSatisfy(\.isInferred))
    }

    @Test("A word closes no cycle that roots hold, where more words lead to its target than this counts references")
    func contested() throws {
        var builder = GraphBuilder()
        let type = builder.type("App.Node")
        for isRoot in [true, false] {
            for words in 1...2 {
                let (node, other) = (builder.block(type), builder.block(type, isRoot: isRoot))
                builder.edge(other, node, .conservative)
                builder.edge(node, other)
                for _ in 1..<words { builder.edge(builder.block(type, isRoot: isRoot), node, .conservative) }
            }
        }
        let cycles = try builder.analyse().cycles.cycles
        #expect(cycles.map(\.isReachable) == [false, true] && cycles.map(\.count) == [2, 1])
    }

    @Test("A word of a task's that leads to a timer closes no cycle that roots hold", arguments: [true, false])
    func timer(isTimer: Bool) throws {
        var builder = GraphBuilder()
        let task = builder.block(builder.type("Task", .task), isRoot: true)
        let held = builder.block(builder.type(isTimer ? "dispatch source" : "App.Node", isTimer ? .dispatch : .class))
        builder.edge(task, held, .conservative)
        builder.edge(held, task)
        #expect(try builder.analyse().cycles.cycles.count == (isTimer ? 0 : 1))
    }

    @Test("A word that points into the middle of an object closes no cycle")
    func interior() throws {
        var builder = GraphBuilder()
        let type = builder.type("App.Node")
        let (node, other) = (builder.block(type), builder.block(type))
        builder.edge(node, other)
        builder.edge(other, node, .conservative, isInterior: true)
        let analysis = try builder.analyse()
        #expect(analysis.cycles.cycles.isEmpty && analysis.leaks.blocks == 2)
    }

    @Test("A cycle through an object of the program's is shown, though a library has a shorter one")
    func ofProgram() throws {
        var builder = GraphBuilder()
        let timer = builder.block(builder.type("Foundation.Timer", fields: ["_storage", "_fire"]))
        let storage = builder.block(builder.type("Foundation.__NSCFType"))
        let closure = builder.block(builder.type("closure context (App.Poll)", .closure))
        let poll = builder.block(builder.type("App.Poll", fields: ["timer"]))
        builder.edge(timer, storage, at: 16)
        builder.edge(storage, timer)
        builder.edge(timer, closure, at: 24)
        builder.edge(closure, poll)
        builder.edge(poll, timer)
        let cycle = try #require(builder.analyse().cycles.cycles.first)
        #expect(cycle.path.map(\.type).contains("App.Poll") && cycle.length == 3)
    }

    @Test("A cycle with suspects is not called lost")
    func suspects() throws {
        let analysis = try persons(2).analyse(isConfirmed: { $0 != 1 })
        #expect(analysis.cycles.cycles.map(\.isReachable) == [false, true])
        #expect(analysis.cycles.leaked == 1 && analysis.reachability.suspectBlocks == 4)
    }

    @Test("Equal structures have one name, whichever of their shortest cycles is met first")
    func equalNames() throws {
        var builder = GraphBuilder()
        let node = builder.type("Node", fields: ["left", "right", "parent"])
        for seed in 0..<20 as Range<UInt64> {
            // A root with two children, at shuffled addresses.
            var random = SplitMix(seed: seed)
            let blocks = (0..<3).map { _ in builder.block(node) }.shuffled(using: &random)
            for (child, offset) in [(1, 16), (2, 24)] as [(Int, UInt64)] {
                builder.edge(blocks[0], blocks[child], at: offset)
                builder.edge(blocks[child], blocks[0], at: 32)
            }
        }
        let cycles = try builder.analyse().cycles.cycles
        #expect(cycles.map(\.count) == [20] && cycles.map(\.objects) == [60])
        #expect(cycles.first?.path.map(\.field) == ["left", "parent"])
        #expect(cycles.first?.breakEdge.field == "parent")
    }

    @Test("A long path is cut, its length is told, and the reference to break is one of those shown")
    func long() throws {
        var builder = GraphBuilder()
        let types = [builder.type("Link", fields: ["next"]), builder.type("List", fields: ["first"])]
        let count = 5000
        for index in 0..<count { builder.block(types[index == 0 ? 1 : 0]) }
        for index in 0..<count { builder.edge(index, (index + 1) % count) }
        let cycle = try #require(try builder.analyse().cycles.cycles.first)
        #expect(cycle.length == count && cycle.path.count == RetainCycle.pathLimit)
        #expect(cycle.path.contains(CycleStep(type: cycle.breakEdge.from, field: cycle.breakEdge.field)))
    }

    @Test("A hub with many thousand children does not take quadratic time")
    func hub() throws {
        let analysis = try persons(1, accounts: 20_000, isRoot: true).analyse()
        #expect(analysis.cycles.cycles.map(\.length) == [2])
        #expect(analysis.cycles.cycles.map(\.objects) == [20_001])
    }

    /// A ring of objects with one field each.
    private func ring(_ fields: [String], kinds: [TypeKind]? = nil, births: [UInt64]) throws -> CycleBreak {
        var builder = GraphBuilder()
        for (index, field) in fields.enumerated() {
            builder.block(builder.type("T\(index)", kinds?[index] ?? .class, fields: [field]))
        }
        for index in fields.indices { builder.edge(index, (index + 1) % fields.count) }
        let analysis = try builder.analyse(births: { births[$0] })
        return try #require(analysis.cycles.cycles.first).breakEdge
    }

    @Test("The reference to break is the one that points back")
    func breaking() throws {
        #expect(try ring(["child", "weakParent"], births: [1, 2]).field == "weakParent")
        #expect(try ring(["child", "state.dataSource"], births: [2, 1]).field == "state.dataSource")
        let captured = try ring(["onChange", "capture 0"], kinds: [.class, .closure], births: [1, 2])
        #expect(captured.field == "capture 0" && captured.reason.contains("[weak self]"))
        #expect(try ring(["work", "capture 0"], kinds: [.class, .task], births: [1, 2]).reason.contains("task"))
        #expect(try ring(["next", "value"], kinds: [.closure, .box], births: [1, 2]).reason.contains("nil"))
        let younger = try ring(["a", "b", "c"], births: [1, 3, 2])
        #expect(younger.field == "c" && younger.reason.contains("younger"))
        #expect(try ring(["a", "b"], births: [0, 0]).reason.contains("nothing tells"))
    }

    @Test("Cycles of types that read the same are one entry")
    func equalTypes() throws {
        var builder = GraphBuilder()
        for _ in 0..<3 {
            let node = builder.block(builder.type("App.Node", fields: ["next"]))
            builder.edge(node, node)
        }
        let cycles = try builder.analyse().cycles.cycles
        #expect(cycles.map(\.count) == [3] && cycles.map(\.objects) == [3])
    }

    @Test("A cycle of nothing but storage counts its blocks")
    func storageOnly() throws {
        var builder = GraphBuilder()
        let array = builder.block(builder.type("Array<Any>", .array, elements: [""]))
        let table = builder.block(builder.type("Dictionary<Int, Any>", .dictionary, elements: [""]))
        builder.edge(array, table, at: 32)
        builder.edge(table, array, at: 32)
        let cycle = try #require(try builder.analyse().cycles.cycles.first)
        #expect(cycle.objects == 2 && cycle.count == 1 && cycle.breakEdge.reason.contains("no reference here"))
    }

    @Test("An element of a collection is never the reference to break")
    func storageIsKept() throws {
        var builder = GraphBuilder()
        let list = builder.block(builder.type("List", fields: ["parent"]))
        let array = builder.block(builder.type("_ContiguousArrayStorage<List>", .array, elements: [""]))
        let item = builder.block(builder.type("Item", fields: ["list"]))
        builder.edge(list, array)
        builder.edge(array, item, at: 32)
        builder.edge(item, list)
        #expect(try builder.analyse().cycles.cycles.first?.breakEdge.field == "list")
    }
}
