package import Tracking

/// A word of one block that refers to another block.
package struct Reference: Sendable, Hashable {
    /// The block at the other end of the reference.
    package var node: UInt32
    /// The program's name for the word; "+0x18" when it has no name.
    package var field: String
    package var kind: EdgeKind

    package init(node: UInt32, field: String, kind: EdgeKind) {
        self.node = node
        self.field = field
        self.kind = kind
    }
}

/// A part of the references from or to a block, and the total number of these.
package struct ReferenceList: Sendable, Hashable {
    package private(set) var references: [Reference] = []
    package private(set) var total = 0

    /// The words of a block that refer to something, by ascending offset.
    init(from node: Int, skipping skipped: Int, limit: Int, in graph: HeapGraph) {
        self.init(skipping: skipped, limit: limit)
        for index in graph.edges(of: node) where graph.edges[index].kind != .ignored {
            let edge = graph.edges[index]
            add(Reference(node: edge.to, field: "", kind: edge.kind)) { graph.label(of: edge, in: node) }
        }
    }

    private let wanted: Range<Int>

    fileprivate init(skipping skipped: Int, limit: Int) {
        wanted = skipped..<skipped + limit
    }

    fileprivate mutating func add(_ reference: Reference, label: () -> String) {
        defer { total += 1 }
        guard wanted.contains(total) else { return }
        var reference = reference
        reference.field = label()
        references.append(reference)
    }
}

/// For each block, the edges that lead to it.
struct ReferrerIndex: Sendable {
    private let starts: Column<UInt32>
    private let edges: Column<UInt32>

    /// Nil when the system refuses the memory.
    init?(_ graph: HeapGraph) {
        guard let starts = Column<UInt32>(count: graph.count + 2), let edges = Column<UInt32>(count: graph.edges.count)
        else { return nil }
        (self.starts, self.edges) = (starts, edges)
        let all = Column(graph.edges)
        // The counts are stored two places higher and summed up; filling then moves each start to its final place.
        for index in 0..<all.count { starts[all[index].to + 2] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        for index in 0..<all.count {
            let slot = all[index].to + 1
            edges[starts[slot]] = UInt32(index)
            starts[slot] += 1
        }
    }

    func references(to node: Int, skipping skipped: Int, limit: Int, in graph: HeapGraph) -> ReferenceList {
        var list = ReferenceList(skipping: skipped, limit: limit)
        for index in starts[node]..<starts[node + 1] {
            let edge = graph.edges[Int(edges[index])]
            guard edge.kind != .ignored else { continue }
            let owner = self.owner(of: edges[index], in: graph)
            list.add(Reference(node: UInt32(owner), field: "", kind: edge.kind)) {
                graph.label(of: edge, in: owner)
            }
        }
        return list
    }

    /// The block that an edge leaves: the last block whose edges begin at or before this edge.
    private func owner(of edge: UInt32, in graph: HeapGraph) -> Int {
        var low = 0
        var high = graph.count
        while low < high {
            let middle = (low + high) / 2
            if graph.nodes[middle].firstEdge <= edge { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}
