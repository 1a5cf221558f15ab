import MemscopeAnalysis
import Testing
import Tracking

@Suite("Flame graph") struct FlameGraphTests {
    /// A stack of functions that are called by their name alone.
    private func addresses(_ names: String...) -> [UInt64] {
        // Written outermost first, as a graph is read; handed over innermost first.
        names.reversed().map { name in name.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// Names each address by the letters that it was made of.
    private static var letters: StackPlaces {
        StackPlaces { address, _ in
            let bytes = (0..<8).reversed().map { UInt8(truncatingIfNeeded: address >> (8 * $0)) }.filter { $0 != 0 }
            return ([Frame(function: String(decoding: bytes, as: UTF8.self), address: address)], 0, .max)
        }
    }

    /// Each address has the frames at that index.
    private func places(_ frames: [[Frame]]) -> StackPlaces {
        StackPlaces { address, _ in (frames[Int(address)], 0, .max) }
    }

    /// Direct children of the node at `index`.
    private func children(of index: Int, in graph: FlameGraph) -> [FlameGraph.Node] {
        let depth = graph.nodes[index].depth
        return graph.nodes[(index + 1)...].prefix { $0.depth > depth }.filter { $0.depth == depth + 1 }
    }

    private func randomGraph(seed: UInt64, minimumShare: Double) -> (graph: FlameGraph, stacks: [([UInt64], UInt64)]) {
        var random = SplitMix(seed: seed)
        let stacks = (0..<200).map { _ in
            let depth = Int.random(in: 0...12, using: &random)
            let stack = (0..<depth).map { _ in UInt64.random(in: 97...101, using: &random) }
            return (stack, UInt64.random(in: 0...1000, using: &random))
        }
        var builder = FlameGraphBuilder(places: Self.letters)
        for (stack, value) in stacks { builder.add(stack, value: value) }
        return (builder.build(minimumShare: minimumShare), stacks)
    }

    @Test("No node weighs less than its children, and the root weighs the sum", arguments: 0..<20 as Range<UInt64>)
    func sums(seed: UInt64) {
        for share in [0, 0.001, 0.02, 0.3, 1] {
            let (graph, stacks) = randomGraph(seed: seed, minimumShare: share)
            #expect(graph.total == stacks.reduce(0) { $0 + $1.1 })
            for index in graph.nodes.indices {
                let values = children(of: index, in: graph).map(\.value)
                #expect(values.reduce(0, +) <= graph.nodes[index].value)
                #expect(values == values.sorted(by: >))
            }
        }
    }

    @Test("What pruning hides is in (other): own weight of a shown node stays", arguments: 0..<20 as Range<UInt64>)
    func pruning(seed: UInt64) {
        let (whole, stacks) = randomGraph(seed: seed, minimumShare: 0)
        let (pruned, _) = randomGraph(seed: seed, minimumShare: 0.05)
        func ownOfTop(_ graph: FlameGraph) -> UInt64 {
            graph.total - children(of: 0, in: graph).reduce(0) { $0 + $1.value }
        }
        #expect(!whole.isTruncated && pruned.isTruncated)
        #expect(pruned.nodes.count < whole.nodes.count)
        #expect(ownOfTop(whole) == 0 && ownOfTop(pruned) == 0)
        let leaves = pruned.nodes.indices.map { index in
            pruned.nodes[index].value - children(of: index, in: pruned).reduce(0) { $0 + $1.value }
        }
        #expect(leaves.reduce(0, +) == stacks.reduce(0) { $0 + $1.1 })
        for node in pruned.nodes where node.name != FlameGraph.otherName {
            #expect(Double(node.value) >= 0.05 * Double(pruned.total))
        }
    }

    @Test("Equal functions under one caller merge, the same function elsewhere does not")
    func merging() {
        var builder = FlameGraphBuilder(places: Self.letters)
        builder.add(addresses("main", "a", "leaf"), value: 5)
        builder.add(addresses("main", "a", "leaf"), value: 2)
        builder.add(addresses("main", "b", "leaf"), value: 4)
        builder.add(addresses("main", "a"), value: 1)
        let nodes = builder.build().nodes
        #expect(nodes.map(\.name) == ["all", "main", "a", "leaf", "b", "leaf"])
        #expect(nodes.map(\.value) == [12, 12, 8, 7, 4, 4])
        #expect(nodes.map(\.depth) == [0, 1, 2, 3, 2, 3])
    }

    @Test("A merged node keeps its line only while all stacks agree on it")
    func lines() {
        func frame(_ line: Int) -> Frame {
            Frame(function: "f", file: "/src/a.swift", line: line, image: "demo", address: UInt64(line))
        }
        var builder = FlameGraphBuilder(places: places([[frame(3)], [frame(4)]]))
        builder.add([0], value: 1)
        #expect(builder.build().nodes[1].line == 3)
        builder.add([1], value: 1)
        let node = builder.build().nodes[1]
        #expect(node.line == nil && node.file == "/src/a.swift" && node.image == "demo" && node.value == 2)
    }

    @Test("Functions of one name in two images are two nodes, also at one address")
    func images() {
        // One was mapped until the moment 5, the other from then on.
        let places = StackPlaces { address, time in
            let frame = Frame(function: "init", image: time < 5 ? "a.so" : "b.so", address: address)
            return ([frame], time < 5 ? 0 : 5, time < 5 ? 5 : .max)
        }
        var builder = FlameGraphBuilder(places: places)
        for (time, value) in [(1, 1), (5, 1), (4, 0), (7, 1)] as [(UInt64, UInt64)] {
            builder.add([64], at: time, value: value)
        }
        #expect(builder.build().nodes.map(\.image) == [nil, "b.so", "a.so"])
    }

    @Test("Inlined functions of one address are nodes of their own")
    func inlined() {
        let stack = [
            Frame(function: "inner", address: 64, isInlined: true),
            Frame(function: "outer", address: 64, isInlined: true), Frame(function: "main", address: 64),
        ]
        var builder = FlameGraphBuilder(places: places([stack]))
        builder.add([0], value: 1)
        builder.add([0], value: 1)
        #expect(builder.build().nodes.map(\.name) == ["all", "main", "outer", "inner"])
    }

    @Test("Blocks without a stack and stacks without an outer end are named so")
    func unknown() {
        let sites = [
            Site(id: 0, addresses: [], counts: Counts(allocations: 1, allocatedBytes: 30)),
            Site(id: 1, addresses: [1], quality: .truncated, counts: Counts(allocations: 1, allocatedBytes: 20)),
            Site(id: 2, addresses: [1], counts: Counts(allocations: 9, frees: 9, allocatedBytes: 9, freedBytes: 9)),
        ]
        let places = places([[], [Frame(function: "f")]])
        let graph = FlameGraph(sites: sites, weight: .bytes, places: places)
        #expect(graph.nodes.map(\.name) == ["all", "(no stack)", "(truncated)", "f"])
        #expect(FlameGraph(sites: sites, weight: .allocations, places: places).total == 11)
    }

    @Test("Stacks deeper than the limit are cut, said so, and lose no weight")
    func deep() {
        let places = StackPlaces { address, _ in ([Frame(function: "f\(address)")], 0, .max) }
        var builder = FlameGraphBuilder(places: places)
        builder.add(Array(0..<5000), value: 7)
        let graph = builder.build()
        #expect(graph.isTruncated)
        #expect(graph.nodes.count == FlameGraphBuilder.depthLimit + 1)
        #expect(graph.nodes.allSatisfy { $0.value == 7 })
    }

    @Test("Nothing at all is a root of weight 0")
    func empty() {
        let graph = FlameGraphBuilder(places: Self.letters).build(minimumShare: 0.5)
        #expect(graph.nodes.map(\.name) == ["all"])
        #expect(graph.total == 0 && !graph.isTruncated)
    }
}
