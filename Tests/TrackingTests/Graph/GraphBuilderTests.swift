import CMemscope
import Glibc
import Testing
import Tracking

private class Target { var value = 1 }
private final class Holder {
    var number = 1
    var strong: Target
    weak var weak: Target?
    init(_ target: Target) {
        strong = target
        weak = target
    }
}

@Suite("Graph builder") struct GraphBuilderTests {
    private let store = MetadataStore()

    private func node(_ address: UInt64, _ size: UInt64, firstEdge: UInt32) -> HeapNode {
        HeapNode(
            address: address,
            size: size,
            word0: Layouts.word(address),
            word1: Layouts.word(address + 8),
            firstEdge: firstEdge
        )
    }

    private func graph(_ nodes: [HeapNode], _ edges: [HeapEdge]) -> HeapGraph {
        let ended = nodes + [HeapNode(firstEdge: UInt32(edges.count))]
        let scan = HeapScan(nodes: OwnBuffer(ended)!, edges: OwnBuffer(edges)!, roots: OwnBuffer([])!)
        return store.graph(of: scan) { "module\($0)" }
    }

    @Test("Nodes, edges and roots are laid out as the core writes them") func layout() {
        #expect(MemoryLayout<HeapNode>.size == MemoryLayout<mscope_scan_node>.size)
        #expect(MemoryLayout<HeapNode>.stride == MemoryLayout<mscope_scan_node>.stride)
        #expect(MemoryLayout<HeapEdge>.stride == MemoryLayout<mscope_scan_edge>.stride)
        #expect(MemoryLayout<HeapRoot>.stride == MemoryLayout<mscope_scan_root>.stride)
        #expect(MemoryLayout<HeapNode>.offset(of: \.address) == MemoryLayout<mscope_scan_node>.offset(of: \.address))
        #expect(MemoryLayout<HeapNode>.offset(of: \.size) == MemoryLayout<mscope_scan_node>.offset(of: \.size))
        #expect(MemoryLayout<HeapNode>.offset(of: \.word0) == MemoryLayout<mscope_scan_node>.offset(of: \.words))
        #expect(MemoryLayout<HeapNode>.offset(of: \.born) == MemoryLayout<mscope_scan_node>.offset(of: \.born))
        #expect(MemoryLayout<HeapNode>.offset(of: \.site) == MemoryLayout<mscope_scan_node>.offset(of: \.site))
        #expect(
            MemoryLayout<HeapNode>.offset(of: \.firstEdge) == MemoryLayout<mscope_scan_node>.offset(of: \.first_edge)
        )
        #expect(MemoryLayout<HeapNode>.offset(of: \.root) == MemoryLayout<mscope_scan_node>.offset(of: \.root))
        #expect(MemoryLayout<HeapNode>.offset(of: \.type) == MemoryLayout<mscope_scan_node>.offset(of: \.type))
        #expect(MemoryLayout<HeapEdge>.offset(of: \.to) == MemoryLayout<mscope_scan_edge>.offset(of: \.to))
        #expect(MemoryLayout<HeapRoot>.offset(of: \.address) == MemoryLayout<mscope_scan_root>.offset(of: \.address))
        #expect(MemoryLayout<HeapRoot>.offset(of: \.to) == MemoryLayout<mscope_scan_root>.offset(of: \.to))
        #expect(MemoryLayout<HeapRoot>.offset(of: \.tid) == MemoryLayout<mscope_scan_root>.offset(of: \.tid))
    }

    @Test("Flags of edges and kinds of roots have the core's numbers") func flags() {
        let raw = mscope_scan_edge(to: 3, at: 5 | UInt32(MSCOPE_EDGE_INTERIOR))
        let edge = unsafe unsafeBitCast(raw, to: HeapEdge.self)
        #expect((edge.to, edge.offset, edge.isInterior, edge.isTagged) == (3, 40, true, false))
        let root = mscope_scan_root(
            address: 8,
            to: 1,
            tid: 7,
            kind: UInt16(MSCOPE_ROOT_INTERNAL.rawValue),
            inside: true,
            words: 9
        )
        let read = unsafe unsafeBitCast(root, to: HeapRoot.self)
        #expect((read.kind, read.leadsInside, read.words) == (.internal, true, 9))
    }

    @Test("Edges are what their word is in its block") func kinds() {
        let target = Target()
        let holder = Holder(target)
        let holders = [
            node(Layouts.address(holder), 40, firstEdge: 0), node(Layouts.address(target), 24, firstEdge: 3),
        ]
        let table = unsafe calloc(1, 32)!
        defer { unsafe free(table) }
        let tables = node(UInt64(UInt(bitPattern: table)), 32, firstEdge: 4)
        let graph = graph(
            holders + [tables],
            [
                HeapEdge(to: 1, offset: 16), HeapEdge(to: 1, offset: 24), HeapEdge(to: 2, offset: 32),
                HeapEdge(to: 2, offset: 8, isSideTable: true), HeapEdge(to: 1, offset: 0), HeapEdge(to: 0, offset: 16),
            ]
        )
        #expect(graph.edges(of: 0).map { graph.edges[$0].kind } == [.ignored, .strong, .weak])
        #expect(graph.edges(of: 1).map { graph.edges[$0].kind } == [.sideTable])
        #expect(graph.edges(of: 2).map { graph.edges[$0].kind } == [.weak, .ignored])
        #expect(graph.fieldName(of: graph.edges[1], in: 0) == "strong")
        #expect(graph.type(of: 0)?.name == "TrackingTests.Holder")
        #expect(graph.type(of: 2)?.name == "side table")
        withExtendedLifetime((target, holder)) {}
    }

    @Test("What a weak reference needs lives on when its object is gone") func zombie() {
        let target = Target()
        let holder = Holder(target)
        let table = unsafe calloc(1, 32)!
        defer { unsafe free(table) }
        let graph = graph(
            [node(Layouts.address(holder), 40, firstEdge: 0), node(UInt64(UInt(bitPattern: table)), 32, firstEdge: 1)],
            [HeapEdge(to: 1, offset: 32)]
        )
        #expect(graph.edges[0].kind == .sideTable)
        withExtendedLifetime((target, holder)) {}
    }

    @Test("What was removed from an array holds nothing") func removed() {
        var array = [Target(), Target(), Target()]
        array.removeLast()
        let storage = unsafe UInt64(unsafeBitCast(array, to: UInt.self))
        let edges = (0..<3).map { HeapEdge(to: 1, offset: 32 + 8 * $0) }
        let nodes = [node(storage, 56, firstEdge: 0), node(Layouts.address(array[0]), 24, firstEdge: 3)]
        let graph = graph(nodes, edges)
        #expect(graph.edges(of: 0).map { graph.edges[$0].kind } == [.strong, .strong, .ignored])
        withExtendedLifetime(array) {}
    }

    @Test("What was removed from a dictionary holds nothing") func removedKeys() {
        var dictionary = Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, Target()) })
        let target = Target()
        /// The kinds of all values.
        func kinds(_ dictionary: [Int: Target]) -> [EdgeKind] {
            let storage = unsafe UInt64(unsafeBitCast(dictionary, to: UInt.self))
            let buckets: UInt64 = 1 << (Layouts.word(storage + 32) & 0xFF)
            // Behind the header a bit for each bucket, then the keys.
            let values = 64 + max(8, buckets / 8) + 8 * buckets
            let edges = (0..<buckets).map { HeapEdge(to: 1, offset: values + 8 * $0) }
            let nodes = [
                node(storage, values + 8 * buckets, firstEdge: 0),
                node(Layouts.address(target), 24, firstEdge: UInt32(buckets)),
            ]
            let graph = graph(nodes, edges)
            #expect(graph.fieldName(of: graph.edges[3], in: 0) == "values[3]")
            return graph.edges(of: 0).map { graph.edges[$0].kind }
        }
        #expect(kinds(dictionary).count { $0 == .strong } == 100)
        for key in 0..<40 { dictionary.removeValue(forKey: key) }
        let after = kinds(dictionary)
        #expect(after.count { $0 == .strong } == 60)
        #expect(after.allSatisfy { $0 == .strong || $0 == .ignored })
        withExtendedLifetime((dictionary, target)) {}
    }

    @Test("Blocks that are no objects have the module of their site") func foreign() {
        let memory = unsafe calloc(1, 64)!
        defer { unsafe free(memory) }
        var block = node(UInt64(UInt(bitPattern: memory)), 64, firstEdge: 0)
        block.site = 7
        let graph = graph([block], [HeapEdge(to: 0, offset: 24)])
        #expect(graph.type(of: 0) == BlockType(name: "module7", kind: .c))
        #expect(graph.edges[0].kind == .conservative)
    }
}
