import MemscopeAnalysis
import Testing
import Tracking

@Suite("Dominator tree") struct DominatorTreeTests {
    /// What is unreachable without a node, itself among it.
    private func dominated(by node: Int, _ starts: Set<Int>, _ targets: [[Int]]) -> Set<Int> {
        closure(of: starts, in: targets).subtracting(closure(of: starts, in: targets, without: node))
    }

    @Test("A block dominates what cannot be reached when it is taken out", arguments: 0..<100 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, roots) = randomGraph(using: &random)
        let graph = try plainGraph(targets, roots: roots)
        let analysis = try #require(GraphAnalysis(graph: graph, births: { UInt64($0) }))
        let tree = try #require(analysis.dominators)
        let starts = roots.union(targets.indices.filter(analysis.leakKinds.entries.contains))
        #expect(closure(of: starts, in: targets).count == targets.count)
        let below = targets.indices.map { dominated(by: $0, starts, targets) }
        for node in targets.indices {
            let size = below[node].reduce(0 as UInt64) { $0 + UInt64($1) + 1 }
            #expect(tree.retainedBytes(of: node) == size)
            // The closest of all dominators has the smallest set.
            let closest = targets.indices.filter { $0 != node && below[$0].contains(node) }
                .min { below[$0].count < below[$1].count }
            #expect(tree.dominator(of: node) == closest)
        }
    }

    @Test("A type counts a block only where none of its own holds it already", arguments: 0..<40 as Range<UInt64>)
    func types(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, _) = randomGraph(using: &random)
        var builder = GraphBuilder()
        let types = [builder.type("A"), builder.type("B"), builder.type("C")]
        let kinds = targets.map { _ in Int.random(in: 0..<4, using: &random) }
        for node in targets.indices {
            let type = kinds[node] == 3 ? HeapNode.none : types[kinds[node]]
            builder.block(type, size: UInt64(node) + 1, isRoot: node == 0)
        }
        for (node, held) in targets.enumerated() {
            for (index, target) in held.enumerated() { builder.edge(node, target, at: 16 + 8 * UInt64(index)) }
        }
        let analysis = try builder.analyse()
        let starts = Set([0]).union(targets.indices.filter(analysis.leakKinds.entries.contains))
        for type in types.indices {
            // Every block that some block of the type dominates, once.
            let held = targets.indices.filter { kinds[$0] == type }
                .reduce(into: Set<Int>()) { $0.formUnion(dominated(by: $1, starts, targets)) }
            let sums = analysis.dominators?.retainedBytesByType()
            #expect(sums?[type] == held.reduce(0) { $0 + UInt64($1) + 1 })
        }
    }

    @Test("A long list needs no stack, and its head retains all of it")
    func long() throws {
        let count = 100_000
        let graph = try plainGraph((0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }, roots: [0])
        let analysis = try #require(GraphAnalysis(graph: graph, births: { _ in 0 }))
        let tree = try #require(analysis.dominators)
        #expect(tree.retainedBytes(of: 0) == UInt64(count) * UInt64(count + 1) / 2)
        #expect(tree.dominator(of: count - 1) == count - 2 && tree.dominator(of: 0) == nil)
        #expect(analysis.rootPath(to: count - 1)?.count == count)
    }

    @Test("Two who share hold nothing alone, and a lost cycle hangs on its oldest")
    func sharing() throws {
        // 0 and 1 share 2; 4 and 3 are a lost cycle that holds 5.
        let graph = try plainGraph([[2], [2], [], [4], [3, 5], []], roots: [0, 1])
        let tree = try #require(GraphAnalysis(graph: graph, births: { 10 - UInt64($0) })?.dominators)
        #expect((0..<6).map(tree.retainedBytes) == [1, 2, 3, 4, 15, 6])
        #expect((0..<6).map(tree.dominator) == [nil, nil, nil, 4, nil, 4])
    }
}
