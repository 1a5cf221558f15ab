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
        #expect(reachability.leakedBlocks == targets.count - expected.count)
        #expect(reachability.suspectBlocks == 0)
    }

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
        #expect(
            analysis.summary == GraphSummary(unreachableBlocks: 2, unreachableBytes: 7, cycles: 0, suspects: 2)
        )
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
        #expect(reachability.leakedBlocks == 1)
    }

    @Test("A graph without blocks has nothing to say")
    func empty() throws {
        let analysis = try GraphBuilder().analyse()
        #expect(analysis.leaks.groups.isEmpty && analysis.cycles.cycles.isEmpty)
    }

    @Test("Counts are read where the runtime keeps them")
    func counts() {
        let two = ReferenceCounts(word: 1 << 33 | 3 << 1 | 1)
        #expect(two.strong == 2 && two.unowned == 3 && two.isDead == false)
        let inTable = ReferenceCounts(word: Self.inSideTable)
        #expect(inTable.strong == nil && inTable.unowned == nil && inTable.isDead == nil)
        #expect(ReferenceCounts(word: Self.dead).isDead == true)
    }
}
