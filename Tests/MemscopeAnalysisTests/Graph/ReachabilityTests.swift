import MemscopeAnalysis
import Testing
import Tracking

@Suite("Reachability") struct ReachabilityTests {
    @Test("A root keeps alive exactly what a plain search finds", arguments: 0..<40 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, roots) = randomGraph(using: &random)
        let graph = try plainGraph(targets, roots: roots)
        let holds = try #require(HoldGraph(graph))
        let reachability = try #require(Reachability(graph, holds))
        let expected = closure(of: roots, in: targets)
        #expect(targets.indices.filter(reachability.isReachable) == expected.sorted())
        #expect(reachability.unreachableBlocks == targets.count - expected.count)
        #expect(reachability.suspectBlocks == 0)
    }

    // Second words of objects: with one strong reference, with two.
    static let alone: UInt64 = 1 << 1
    static let alive: UInt64 = 1 << 33 | 1 << 1
    static let dead: UInt64 = 1 << 32 | 2 << 1
    static let inSideTable: UInt64 = 3 << 62 | 0x1234

    @Test(
        "Whether a reference keeps its target alive is for its kind to say",
        arguments: [
            (EdgeKind.conservative, alive, true), (.strong, alive, true), (.unmanaged, alive, true),
            (.sideTable, alive, true), (.weak, alive, false), (.ignored, alive, false), (.unowned, alive, false),
            (.unowned, dead, true), (.weak, dead, false), (.unowned, inSideTable, true),
        ]
    )
    func kinds(kind: EdgeKind, counts: UInt64, holds: Bool) throws {
        var builder = GraphBuilder()
        let type = builder.type("Account", fields: ["next"])
        builder.edge(builder.block(type, isRoot: true), builder.block(type, counts: counts), kind)
        #expect(try builder.analyse().reachability.isReachable(1) == holds)
    }

    @Test("What was not lost in another scan is a suspect, with what it holds")
    func suspects() throws {
        var builder = GraphBuilder()
        for size in 1...4 as ClosedRange<UInt64> { builder.block(size: size) }
        builder.edge(0, 1)
        builder.edge(2, 3)
        let analysis = try builder.analyse(isConfirmed: { $0 != 0 })
        #expect(analysis.reachability.suspectBlocks == 2 && analysis.reachability.suspectBytes == 3)
        #expect(analysis.leaks.blocks == 2 && analysis.leaks.bytes == 7 && analysis.cycles.leaked == 0)
        #expect((0..<4).allSatisfy { !analysis.reachability.isReachable($0) })
    }

    @Test("What only stacks hold is told apart from what the kernel and firmer roots hold")
    func firmness() throws {
        var builder = GraphBuilder()
        let kinds: [HeapRoot.Kind?] = [.global, .stack, .register, .kernel, .thread, nil, nil, nil, nil]
        for (index, kind) in kinds.enumerated() { builder.block(size: 1 << UInt64(index), root: kind) }
        builder.edge(1, 5)
        builder.edge(2, 6)
        builder.edge(4, 6)
        builder.edge(3, 7)
        builder.edge(1, 7)
        let reachability = try builder.analyse().reachability
        #expect(reachability.stackHeld == BlockSum(blocks: 3, bytes: 1 << 1 | 1 << 2 | 1 << 5))
        #expect(reachability.kernelHeld == BlockSum(blocks: 2, bytes: 1 << 3 | 1 << 7))
        #expect(reachability.unreachableBlocks == 1)
    }

    @Test("What hangs on one word of a stack is a suspect, and told by thread, type and site")
    func single() throws {
        var builder = GraphBuilder()
        let held = builder.block(size: 1, root: .stack, words: 2)
        let first = builder.block(size: 2, root: .stack)
        let second = builder.block(size: 4, root: .stack)
        let other = builder.block(size: 8, site: 2, root: .register)
        let known = builder.block(size: 16, root: .stack)
        let behind = builder.block(size: 32)
        let shared = builder.block(size: 64)
        builder.edge(held, known)
        builder.edge(first, behind)
        builder.edge(other, behind)
        builder.edge(second, shared)
        builder.edge(held, shared)
        let analysis = try builder.analyse()
        #expect(analysis.reachability.stackHeld.blocks == 7)
        #expect(analysis.reachability.stackSuspects == BlockSum(blocks: 4, bytes: 2 + 4 + 8 + 32))
        let groups = analysis.suspects.groups
        #expect(groups.map(\.place) == [.register(thread: 12), .stack(thread: 12)])
        #expect(groups.map(\.count) == [1, 2] && groups.map(\.bytes) == [8, 6])
        #expect(groups.map(\.retainedBytes) == [40, 38] && groups.map(\.nodes) == [[3], [1, 2]])
        #expect(groups[1].reason.hasPrefix("held only by one word on the stack of thread 12:"))
        #expect(analysis.leaks.groups.isEmpty && analysis.reachability.suspectBlocks == 0)
    }

    @Test(
        "A word on a stack holds no object whose references are all known",
        arguments: [
            (.stack, alone, false), (.register, alone, false), (.stack, alive, true), (.stack, dead, true),
            (.stack, inSideTable, true), (.global, alone, true), (.kernel, alone, true), (.thread, alone, true),
        ] as [(HeapRoot.Kind, UInt64, Bool)]
    )
    func borrowed(root: HeapRoot.Kind, counts: UInt64, holds: Bool) throws {
        var builder = GraphBuilder()
        let type = builder.type("Account", fields: ["owner"])
        let account = builder.block(type, root: root, words: 2, counts: counts)
        let owner = builder.block(type, counts: Self.alone)
        builder.edge(account, owner)
        builder.edge(owner, account)
        let analysis = try builder.analyse()
        #expect(analysis.reachability.isReachable(account) == holds)
        #expect(analysis.cycles.leaked == (holds ? 0 : 1))
        #expect((analysis.rootPath(to: owner) != nil) == holds)
    }

    @Test(
        "An object that refers to itself may be one that is being made, for a second",
        arguments: [(999_000_000, true), (1_000_000_000, false)] as [(UInt64, Bool)]
    )
    func ofItself(age: UInt64, holds: Bool) throws {
        var builder = GraphBuilder()
        let account = builder.block(
            builder.type("Account", fields: ["owner"]),
            root: .stack,
            words: 2,
            counts: Self.alone
        )
        builder.edge(account, account)
        builder.takenAt = try builder.build().origin(of: account).birth + age
        let analysis = try builder.analyse()
        #expect(analysis.reachability.isReachable(account) == holds)
        #expect(analysis.holds.isHeldAsYoung(UInt32(account)) == holds)
        #expect(analysis.cycles.leaked == (holds ? 0 : 1))
    }

    @Test("Of the cycles those are described that have a wanted block, and all are counted")
    func wanted() throws {
        var builder = GraphBuilder()
        let type = builder.type("Account", fields: ["owner", "next"])
        let blocks = (0..<4).map { _ in builder.block(type, counts: Self.alone) }
        for (from, to) in [(0, 1), (1, 0)] { builder.edge(blocks[from], blocks[to]) }
        for (from, to) in [(2, 3), (3, 2)] { builder.edge(blocks[from], blocks[to], at: 24) }
        let analysis = try builder.analyse(isWanted: { $0 == 3 })
        #expect(analysis.cycles.leaked == 2)
        #expect(analysis.cycles.cycles.map(\.path.first?.field) == ["next"])
    }

    @Test(
        "Blocks of C and objects of libdispatch count their references too",
        arguments: [
            (.block, "block", 0x0100_0002, false), (.block, "block", 0x0100_0004, true),
            (.block, "block", 0x0100_FFFE, true), (.dispatch, "dispatch queue", 5, false),
            (.dispatch, "dispatch queue", 0x1_0000_0000, true), (.dispatch, "dispatch queue", .max, true),
            (.dispatch, "dispatch work", 0, false), (.c, "libc.so.6", 2, true),
        ] as [(TypeKind, String, UInt64, Bool)]
    )
    func borrowedFromC(kind: TypeKind, name: String, counts: UInt64, holds: Bool) throws {
        var builder = GraphBuilder()
        let owner = builder.block(builder.type("Owner", fields: ["work"]), counts: Self.alive)
        let held = builder.block(builder.type(name, kind), root: .stack, counts: counts)
        builder.edge(owner, held)
        #expect(try builder.analyse().reachability.isReachable(held) == holds)
    }

    @Test("An object that was deinitialised holds nothing; while its deinit runs, something leads to it")
    func deinitialised() throws {
        var builder = GraphBuilder()
        let type = builder.type("Account", fields: ["child"])
        let owner = builder.block(type, isRoot: true, counts: Self.alone)
        let gone = builder.block(type, counts: Self.dead)
        let ending = builder.block(type, root: .stack, counts: Self.dead)
        let pending = builder.block(type, counts: Self.dead)
        let children = (0..<3).map { _ in builder.block(type, counts: Self.alone) }
        let table = builder.block(builder.type("side table", .c), size: 32)
        builder.edge(owner, gone, .unowned)
        builder.edge(owner, pending, .conservative, at: 24)
        for (parent, child) in zip([gone, ending, pending], children) { builder.edge(parent, child, .unmanaged) }
        builder.edge(gone, table, .sideTable, at: 8)
        let reachability = try builder.analyse().reachability
        #expect(children.map { reachability.isReachable($0) } == [false, true, true])
        #expect(reachability.isReachable(gone) && reachability.isReachable(table))
    }

    @Test("A reference in a block that a function works with may be an old one, and so may one to the block itself")
    func changing() throws {
        for leadsInside in [false, true] {
            var builder = GraphBuilder()
            let type = builder.type("Account", fields: ["room"])
            let array = builder.type("Array<Account>", .array)
            let frames = builder.block(builder.type(.taskFrames(of: "app"), .taskFrames), isRoot: true)
            let account = builder.block(type, root: .stack, counts: Self.alone)
            let members = builder.block(array, root: .register, leadsInside: leadsInside, counts: Self.alone)
            let waiting = builder.block(type, counts: Self.alone)
            let elements = builder.block(array, counts: Self.alone)
            let own = builder.block(type, root: .stack, counts: Self.alone)
            for (one, other) in [(account, members), (members, account), (waiting, elements), (elements, waiting)] {
                builder.edge(one, other)
            }
            builder.edge(own, own)
            builder.edge(frames, waiting, .conservative, at: 40)
            builder.edge(frames, elements, .conservative, at: 48, isInterior: leadsInside)
            let reachability = try builder.analyse().reachability
            #expect([account, members, waiting, elements].allSatisfy { reachability.isReachable($0) == leadsInside })
            #expect(reachability.isReachable(own))
        }
    }

    @Test("An old word closes no cycle through what a global variable, or an object in deinit, owns")
    func owners() throws {
        for (isRoot, isOwned) in [(false, false), (true, false), (false, true)] {
            var builder = GraphBuilder()
            let type = builder.type("Account", fields: ["room"])
            let account = builder.block(type, isRoot: isRoot, counts: Self.alone)
            let room = builder.block(type, isRoot: true, counts: Self.alone)
            builder.edge(account, room)
            builder.edge(room, account, .conservative, at: 24)
            if isOwned { builder.edge(builder.block(type, root: .stack, counts: Self.dead), account, .unmanaged) }
            #expect(try builder.analyse().cycles.cycles.count == (isRoot || isOwned ? 0 : 1))
        }
    }

    @Test("Words in frames of async functions count as those on stacks do")
    func frames() throws {
        var builder = GraphBuilder()
        let frames = builder.type(.taskFrames(of: "app"), .taskFrames)
        let account = builder.type("Account", fields: [])
        let first = builder.block(frames, isRoot: true)
        let second = builder.block(frames)
        let (one, two, stack) = (builder.block(size: 1), builder.block(size: 2), builder.block(size: 4, root: .stack))
        let known = builder.block(account, size: 8, counts: Self.alone)
        let other = builder.block(account, size: 16, counts: Self.alone)
        builder.edge(first, second, .conservative, at: 8)
        builder.edge(first, one, .conservative, at: 32)
        builder.edge(first, two, .conservative, at: 40)
        builder.edge(second, two, .conservative, at: 48)
        builder.edge(second, stack, .conservative, at: 56)
        builder.edge(second, known, .conservative, at: 64)
        builder.edge(known, other)
        builder.edge(other, known)
        // A word of another task's, or of a thread's stack, does not hold the frames of a task that is lost.
        let task = builder.block(builder.type("Task", .task), size: 16, counts: Self.alone)
        let lost = builder.block(frames, size: 64, root: .stack)
        builder.edge(task, lost, .conservative)
        builder.edge(first, lost, .conservative, at: 72)
        let analysis = try builder.analyse()
        #expect(!analysis.reachability.isReachable(task) && !analysis.reachability.isReachable(lost))
        #expect(analysis.reachability.stackHeld == BlockSum(blocks: 3, bytes: 1 + 2 + 4))
        #expect(analysis.reachability.stackSuspects == BlockSum(blocks: 1, bytes: 1))
        #expect(analysis.suspects.groups.map(\.place) == [.frames])
        let reason = analysis.suspects.groups.first?.reason
        #expect(reason?.hasPrefix("held only by one word in the frames of a task:") == true)
        #expect(!analysis.reachability.isReachable(known) && analysis.cycles.leaked == 1)
    }

    @Test("A graph without blocks has nothing to say")
    func empty() throws {
        let analysis = try GraphBuilder().analyse()
        #expect(analysis.leaks.groups.isEmpty && analysis.cycles.cycles.isEmpty)
    }

    @Test("Counts are read where the runtime keeps them")
    func counts() {
        let two = ReferenceCountWord(1 << 33 | 3 << 1 | 1)
        #expect(two.strong == 2 && two.unowned == 3 && two.isDead == false)
        let inTable = ReferenceCountWord(Self.inSideTable)
        #expect(inTable.strong == nil && inTable.unowned == nil && inTable.isDead == nil)
        #expect(ReferenceCountWord(Self.dead).isDead == true)
    }
}
