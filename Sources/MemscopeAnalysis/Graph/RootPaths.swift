import Tracking

/// The shortest paths from roots, as the tree of a breadth-first search that begins at all roots at once.
struct RootPaths: Sendable {
    /// For each node, 1 + the node before it on its path; 0 for nodes that roots point to and nodes that no root holds.
    private let previous: Column<UInt32>

    /// Nil when the system refuses the memory.
    init?(_ holds: HoldGraph) {
        guard let previous = Column<UInt32>(count: holds.count), let queue = Column<UInt32>(count: holds.count),
            let seen = NodeSet(count: holds.count)
        else { return nil }
        self.previous = previous
        var filled = 0
        for node in 0..<UInt32(holds.count) where holds.isRooted(node) {
            _ = seen.insert(node)
            queue[filled] = node
            filled += 1
        }
        _ = holds.flood(queue, filled: filled, seen: seen) { node, holder in previous[node] = holder + 1 }
    }

    /// The path to a node, from a node that a root points to; a root must hold the node.
    func path(to node: Int) -> [UInt32] {
        var path = [UInt32(node)]
        while previous[path[path.count - 1]] != 0 { path.append(previous[path[path.count - 1]] - 1) }
        return path.reversed()
    }
}
