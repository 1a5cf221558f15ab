import MemscopeAnalysis
import Testing
import Tracking

@Suite("Why a block is alive") struct PathTests {
    @Test("The way from a root is a shortest one", arguments: 0..<60 as Range<UInt64>)
    func shortest(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, roots) = randomGraph(using: &random)
        let analysis = try #require(GraphAnalysis(graph: plainGraph(targets, roots: roots), births: { _ in 0 }))
        var distance = [Int: Int](uniqueKeysWithValues: roots.map { ($0, 1) })
        for length in 1...targets.count {
            for node in targets.indices where distance[node] == length {
                for target in targets[node] where distance[target] == nil { distance[target] = length + 1 }
            }
        }
        for node in targets.indices {
            let path = analysis.rootPath(to: node)
            #expect(path?.count == distance[node])
            guard let nodes = path?.map({ Int($0.node) }) else { continue }
            #expect(roots.contains(nodes[0]) && nodes.last == node)
            #expect(zip(nodes, nodes.dropFirst()).allSatisfy { targets[$0].contains($1) })
            #expect(path?.last?.field == nil)
        }
    }

    private func shelf() -> GraphBuilder {
        var builder = GraphBuilder()
        let shelf = builder.block(builder.type("Shelf", fields: ["count", "rows"]), isRoot: true)
        let storage = builder.type("_ContiguousArrayStorage<Book>", .array, elements: ["", "note"])
        let (outer, inner) = (builder.block(storage), builder.block(storage))
        let book = builder.block(builder.type("Book"))
        builder.edge(shelf, outer, at: 24)
        builder.edge(outer, inner, at: 48)
        builder.edge(inner, book, at: 40)
        builder.edge(book, shelf, .weak)
        builder.edge(book, book, .ignored, at: 24)
        return builder
    }

    @Test("Storage is folded into the field that has it, but not where the way begins or ends")
    func folding() throws {
        var builder = shelf()
        let analysis = try builder.analyse()
        #expect(
            analysis.rootPath(to: 3) == [
                PathStep(node: 0, field: "rows[1][0].note"), PathStep(node: 3, field: nil),
            ]
        )
        #expect(analysis.rootPath(to: 2) == [PathStep(node: 0, field: "rows[1]"), PathStep(node: 2, field: nil)])
        let array = builder.block(1, isRoot: true)
        builder.edge(array, builder.block(3), at: 32)
        #expect(
            try builder.analyse().rootPath(to: 5) == [PathStep(node: 4, field: "[0]"), PathStep(node: 5, field: nil)]
        )
    }

    @Test("References have names and kinds, and numbers are none")
    func references() throws {
        let analysis = try shelf().analyse()
        #expect(
            analysis.referrers(of: 3, limit: 9)?.references == [Reference(node: 2, field: "[0].note", kind: .strong)]
        )
        #expect(
            analysis.referents(of: 3, limit: 9).references == [Reference(node: 0, field: "+0x10", kind: .weak)]
        )
        #expect(analysis.referrers(of: 0, limit: 9)?.references.map(\.kind) == [.weak])
    }

    @Test("Every edge is found from both ends, and limits cut lists and not totals", arguments: 0..<30 as Range<UInt64>)
    func bothEnds(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (targets, _) = randomGraph(using: &random)
        let analysis = try #require(GraphAnalysis(graph: plainGraph(targets, roots: []), births: { _ in 0 }))
        for node in targets.indices {
            let referrers = targets.indices.flatMap { from in targets[from].filter { $0 == node }.map { _ in from } }
            let found = try #require(analysis.referrers(of: node, limit: 100))
            #expect(found.references.map { Int($0.node) } == referrers && found.total == referrers.count)
            #expect(analysis.referents(of: node, limit: 100).references.map { Int($0.node) } == targets[node])
            #expect(analysis.referents(of: node, limit: 1).references.count == min(1, targets[node].count))
            #expect(analysis.referents(of: node, limit: 1).total == targets[node].count)
        }
    }

    @Test("What no root holds has no way")
    func lost() throws {
        let analysis = try #require(GraphAnalysis(graph: plainGraph([[], []], roots: [0]), births: { _ in 0 }))
        #expect(analysis.rootPath(to: 1) == nil && analysis.rootPath(to: 0)?.count == 1)
    }
}
