package import Tracking

/// How blocks own, share, slice and contain others, counted by type and field, by descending bytes.
///
/// Only strong references of blocks with a known layout are counted, because the meaning of other words is not known.
package struct RelationList: Sendable {
    package private(set) var relations: [Relation] = []

    /// Counts all references; nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph) {
        guard let holders = StrongHolders(graph) else { return nil }
        var counts: [RelationKey: (count: Int, bytes: UInt64)] = [:]
        let nodes = Column(graph.nodes)
        let edges = Column(graph.edges)
        let namer = RelationNaming(graph)
        for node in 0..<graph.count {
            let type = nodes[node].type
            guard type != HeapNode.none, graph.layouts[Int(type)] != nil else { continue }
            let (start, outer) = namer.start(of: node, holders)
            for index in Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge) {
                let edge = edges[index]
                guard edge.kind == .strong else { continue }
                let key = RelationKey(
                    kind: namer.kind(of: edge, from: node, holders),
                    from: start,
                    outer: outer,
                    inner: namer.place(of: edge, in: type),
                    storage: outer == nil ? HeapNode.none : type,
                    to: nodes[edge.to].type
                )
                counts[key, default: (0, 0)].count += 1
                counts[key, default: (0, 0)].bytes += nodes[edge.to].size
            }
        }
        relations = counts.map { namer.relation($0.key, count: $0.value.count, bytes: $0.value.bytes) }
        relations.sort { left, right in
            (right.bytes, left.from, left.field, left.to, left.kind.rawValue)
                < (left.bytes, right.from, right.field, right.to, right.kind.rawValue)
        }
    }
}

/// The place of a reference: a word of a block, or of each element of its tail.
struct RelationPlace: Hashable {
    var offset: UInt64
    var isElement: Bool
}

struct RelationKey: Hashable {
    var kind: RelationKind
    /// The type of the block that contains the field.
    var from: UInt32
    /// The field that refers to the storage, when the reference is an element of storage.
    var outer: RelationPlace?
    var inner: RelationPlace
    var storage: UInt32
    var to: UInt32
}

/// The number of strong references to each block, and one of these.
struct StrongHolders: Sendable {
    /// 0, 1, or 2, which also stands for more.
    let counts: Column<UInt8>
    /// The last reference that was found: its block and its edge.
    let holders: Column<UInt32>
    let edges: Column<UInt32>

    init?(_ graph: HeapGraph) {
        guard let counts = Column<UInt8>(count: graph.count), let holders = Column<UInt32>(count: graph.count),
            let references = Column<UInt32>(count: graph.count)
        else { return nil }
        (self.counts, self.holders, edges) = (counts, holders, references)
        let nodes = Column(graph.nodes)
        let all = Column(graph.edges)
        for node in 0..<graph.count {
            if nodes[node].root != HeapNode.none { counts[node] = min(2, counts[node] + 1) }
            for index in Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge) {
                // A word of unknown meaning may be a reference; then the other reference is not the only one.
                guard all[index].kind == .strong || all[index].kind == .conservative else { continue }
                let target = all[index].to
                counts[target] = min(2, counts[target] + 1)
                (holders[target], references[target]) = (UInt32(node), UInt32(index))
            }
        }
    }
}
