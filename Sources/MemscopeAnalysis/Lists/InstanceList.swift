package import Tracking

/// A block of a type, in the graph of a look.
package struct Instance: Sendable, Hashable {
    package var node: UInt32
}

/// What the blocks of a type are sorted by.
package enum InstanceColumn: String, ListColumn {
    case retainedBytes, size, birth

    package static let defaultOrder = ListOrder<Self>(.retainedBytes, isDescending: true)
}

extension Page<Instance> {
    /// A page of the blocks of a type; ties by address.
    ///
    /// - Parameters:
    ///   - analysis: What is known of the heap.
    ///   - isWanted: Whether a type is.
    ///   - order: Column and direction.
    ///   - cursor: The last page's `next`; nil for the first page.
    ///   - limit: Rows per page.
    package init(
        instancesIn analysis: GraphAnalysis,
        of isWanted: (BlockType) -> Bool,
        order: ListOrder<InstanceColumn>,
        after cursor: PageCursor<InstanceColumn>? = nil,
        limit: Int
    ) {
        let graph = analysis.graph
        // The last stands for blocks without a type.
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
