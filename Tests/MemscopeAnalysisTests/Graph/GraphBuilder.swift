import MemscopeAnalysis
import Testing
import Tracking

/// A heap graph written down by hand.
struct GraphBuilder {
    struct Edge {
        var from: Int
        var to: Int
        var kind: EdgeKind
        var offset: UInt64
        var isInterior: Bool
    }

    private(set) var nodes: [HeapNode] = []
    private(set) var edges: [Edge] = []
    private var roots: [HeapRoot] = []
    private var types: [BlockType] = []
    private var layouts: [BlockLayout?] = []
    var takenAt: UInt64 = 0

    /// Adds a type with words named `fields` from offset 16 on and `elements` from 32 on; without both no layout.
    ///
    /// All its words have one form.
    mutating func type(
        _ name: String,
        _ kind: TypeKind = .class,
        fields: [String]? = nil,
        elements: [String]? = nil,
        form: FieldForm = .unknown
    ) -> UInt32 {
        func layout(_ names: [String], from start: UInt64) -> [BlockLayout.Field] {
            names.enumerated().map { index, name in
                BlockLayout.Field(offset: start + UInt64(index) * 8, kind: .strong, name: name, form: form)
            }
        }
        let tail = elements.map {
            BlockLayout.Tail(start: 32, stride: UInt64($0.count) * 8, fields: layout($0, from: 0))
        }
        let isKnown = fields != nil || tail != nil
        return type(
            BlockType(name: name, kind: kind),
            isKnown ? BlockLayout(fields: layout(fields ?? [], from: 16), tail: tail) : nil
        )
    }

    mutating func type(_ type: BlockType, _ layout: BlockLayout?) -> UInt32 {
        types.append(type)
        layouts.append(layout)
        return UInt32(types.count - 1)
    }

    /// Adds a block; returns its index.
    @discardableResult
    mutating func block(
        _ type: UInt32 = HeapNode.none,
        size: UInt64 = 32,
        site: UInt32 = 1,
        isRoot: Bool = false,
        root kind: HeapRoot.Kind? = nil,
        words: UInt32 = 1,
        leadsInside: Bool = false,
        counts: UInt64 = 0
    ) -> Int {
        let root = isRoot ? .global : kind
        nodes.append(
            HeapNode(
                address: 0x1000 + UInt64(nodes.count) * 0x1000,
                size: size,
                word1: counts,
                site: site,
                root: root == nil ? HeapNode.none : UInt32(roots.count),
                type: type
            )
        )
        guard let root else { return nodes.count - 1 }
        let to = UInt32(nodes.count - 1)
        roots.append(HeapRoot(to: to, tid: 12, kind: root, leadsInside: leadsInside, words: words))
        return nodes.count - 1
    }

    mutating func edge(
        _ from: Int,
        _ to: Int,
        _ kind: EdgeKind = .strong,
        at offset: UInt64 = 16,
        isInterior: Bool = false
    ) {
        edges.append(Edge(from: from, to: to, kind: kind, offset: offset, isInterior: isInterior))
    }

    func build() throws -> HeapGraph {
        let sorted = edges.sorted { ($0.from, $0.offset) < ($1.from, $1.offset) }
        var nodes = nodes
        var next = 0
        for index in nodes.indices {
            nodes[index].firstEdge = UInt32(next)
            while next < sorted.count, sorted[next].from == index { next += 1 }
        }
        nodes.append(HeapNode(firstEdge: UInt32(next)))
        let edges = sorted.map {
            HeapEdge(to: UInt32($0.to), offset: $0.offset, kind: $0.kind, isInterior: $0.isInterior)
        }
        var circumstances = HeapGraph.Circumstances()
        circumstances.takenAt = takenAt
        return HeapGraph(
            nodes: try #require(OwnBuffer(nodes)),
            edges: try #require(OwnBuffer(edges)),
            roots: try #require(OwnBuffer(roots)),
            types: types,
            layouts: layouts,
            circumstances: circumstances
        )
    }

    /// Analyses it; blocks are as old as their index is low.
    func analyse(
        births: @escaping (Int) -> UInt64 = { UInt64($0) + 1 },
        isConfirmed: @escaping (Int) -> Bool = { _ in true },
        isWanted: (UInt32) -> Bool = { _ in true }
    ) throws -> GraphAnalysis {
        let graph = try build()
        let holds = try #require(HoldGraph(graph))
        let reachability = try #require(Reachability(graph, holds, isConfirmed: isConfirmed))
        let analysis = GraphAnalysis(
            graph: graph,
            holds: holds,
            reachability: reachability,
            births: births,
            isWanted: isWanted
        )
        return try #require(analysis)
    }
}

/// A graph without meaning: blocks of no type, every edge strong, as lists of targets.
func plainGraph(_ targets: [[Int]], roots: Set<Int>) throws -> HeapGraph {
    var builder = GraphBuilder()
    for node in targets.indices { builder.block(size: UInt64(node) + 1, isRoot: roots.contains(node)) }
    for (node, held) in targets.enumerated() {
        for (index, target) in held.enumerated() { builder.edge(node, target, at: UInt64(index) * 8) }
    }
    return try builder.build()
}
