package import Tracking

/// A block of a type, in the graph of a scan.
package struct Instance: Sendable, Hashable {
    package var node: UInt32
}

/// The columns by which the blocks of a type can be sorted.
package enum InstanceColumn: String, ListColumn {
    case retainedBytes, size, birth

    package static let defaultOrder = ListOrder<Self>(.retainedBytes, isDescending: true)
}

extension Page<Instance> {
    /// A page of the blocks of a type; equal rows are sorted by address.
    ///
    /// - Parameters:
    ///   - analysis: The analysis of the heap.
    ///   - isWanted: Whether blocks of a type are listed.
    ///   - order: Column and direction.
    ///   - cursor: The `next` of the previous page; nil for the first page.
    ///   - limit: The largest number of rows.
    package init(
        instancesIn analysis: GraphAnalysis,
        of isWanted: (BlockType) -> Bool,
        order: ListOrder<InstanceColumn>,
        after cursor: PageCursor<InstanceColumn>? = nil,
        limit: Int
    ) {
        let graph = analysis.graph
        // The last entry is for blocks without a type.
        let wanted = graph.types.map(isWanted) + [isWanted(.unknown)]
        let instances = (0..<UInt32(graph.count)).filter { node in
            wanted[min(Int(graph.nodes[Int(node)].type), graph.types.count)]
        }
        let dominators = order.column == .retainedBytes ? analysis.dominators : nil
        self.init(of: instances.map(Instance.init), order: order, after: cursor, limit: limit) { instance in
            let node = Int(instance.node)
            let value: UInt64 =
                switch order.column {
                case .retainedBytes: dominators?.retainedBytes(of: node) ?? 0
                case .size: graph.nodes[node].size
                case .birth: graph.origin(of: node).birth
                }
            return PageKey(value: value, id: graph.nodes[node].address)
        }
    }
}
