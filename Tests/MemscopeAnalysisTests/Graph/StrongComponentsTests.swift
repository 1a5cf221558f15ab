import MemscopeAnalysis
import Testing
import Tracking

@Suite("Strong components") struct StrongComponentsTests {
    @Test("A component is what can reach one another", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, _) = randomGraph(using: &random)
        let graph = try plainGraph(targets, roots: [])
        let holds = try #require(HoldGraph(graph))
        let kept = try #require(NodeSet(count: graph.count))
        let components = try #require(StrongComponents(holds, cyclesWith: kept))
        let mates = cycleMates(in: targets)
        for node in targets.indices {
            let members = components.component(of: node).map { Set(components.members(of: $0)) } ?? []
            #expect(members == mates[node])
        }
        #expect(components.count == Set(mates.filter { !$0.isEmpty }).count)
    }

    @Test("What is left out connects nothing")
    func excluded() throws {
        let graph = try plainGraph([[1], [2], [0], [4], [3]], roots: [2])
        let holds = try #require(HoldGraph(graph))
        let kept = try #require(Reachability(graph, holds)).kept
        let components = try #require(StrongComponents(holds, excluding: kept))
        #expect(components.count == 1)
        #expect(Set(components.members(of: 0)) == [3, 4])
    }

    @Test("A list and a ring of a hundred thousand blocks need no stack")
    func long() throws {
        let count = 100_000
        let list = try plainGraph((0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }, roots: [])
        let holds = try #require(HoldGraph(list))
        let kept = try #require(NodeSet(count: count))
        #expect(StrongComponents(holds, cyclesWith: kept)?.count == 0)
        let ring = try plainGraph((0..<count).map { [($0 + 1) % count] }, roots: [])
        let analysis = try #require(GraphAnalysis(graph: ring, births: { UInt64($0) }))
        #expect(analysis.cycles.cycles.map(\.length) == [count])
        #expect(analysis.cycles.cycles.first?.path.count == RetainCycle.pathLimit)
        #expect(analysis.leaks.groups.map(\.kind) == [.cycle])
        #expect(analysis.leaks.groups.first?.retainedBytes == analysis.leaks.bytes)
    }

    @Test(
        "Only strong references close a cycle, and words of Swift blocks that may be one",
        arguments: [
            (EdgeKind.strong, true, 1), (.conservative, true, 1), (.conservative, false, 0), (.unmanaged, true, 0),
            (.sideTable, true, 0), (.weak, true, 0), (.unowned, true, 0), (.ignored, true, 0),
        ]
    )
    func kinds(kind: EdgeKind, isSwift: Bool, cycles: Int) throws {
        var builder = GraphBuilder()
        let known = builder.type("Known", fields: ["next"])
        let other = isSwift ? known : builder.type("libc.so.6", .c)
        let (first, second) = (builder.block(known), builder.block(other))
        builder.edge(first, second)
        builder.edge(second, first, kind)
        let analysis = try builder.analyse()
        #expect(analysis.cycles.cycles.count == cycles)
        #expect(analysis.cycles.cycles.allSatisfy { $0.isInferred == (kind == .conservative) })
    }

    @Test("Words of C blocks close no cycle")
    func foreign() throws {
        var builder = GraphBuilder()
        let type = builder.type("libz.so.1", .c)
        let (first, second) = (builder.block(type), builder.block(type))
        builder.edge(first, second, .conservative)
        builder.edge(second, first, .conservative)
        let analysis = try builder.analyse()
        #expect(analysis.cycles.cycles.isEmpty)
        #expect(analysis.leakKinds.kind(of: 0) == .direct && analysis.leakKinds.kind(of: 1) == .indirect)
    }
}
