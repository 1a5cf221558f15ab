internal import MemscopeAnalysis
internal import Tracking

extension HeapFinding {
    func findRelations() -> [Relation]? {
        guard let list = RelationList(analysis.graph) else { return nil }
        var comparison = ContentComparison(graph: analysis.graph)
        return list.relations + CopyFinder().find(in: analysis.graph) { comparison.areEqual($0, $1) }.relations
    }
}

/// Compares the current contents of blocks, because a scan keeps no contents.
private struct ContentComparison {
    private static let pieceSize = 4096
    /// The part that is not compared: the type, which is compared already, and the reference counts, which each object
    /// has for itself.
    private static let headerSize: UInt64 = 16

    let graph: HeapGraph
    /// The number of bytes that may still be read: to compare gigabytes would take seconds.
    private var budget = 256 << 20

    init(graph: HeapGraph) {
        self.graph = graph
    }

    /// False also when a block can no longer be read, or when too much was read already.
    mutating func areEqual(_ left: Int, _ right: Int) -> Bool {
        let size = graph.nodes[left].size
        var offset = Self.headerSize
        while offset < size {
            let length = min(Self.pieceSize, Int(size - offset))
            guard budget >= length else { return false }
            budget -= length
            let (first, second) = (graph.nodes[left].address + offset, graph.nodes[right].address + offset)
            guard SafeMemory.isEqual(first, second, count: length) else { return false }
            offset += UInt64(length)
        }
        return true
    }
}
