import Tracking

/// Shortest ways from roots: the tree of a breadth-first search from all of them at once.
struct RootWays: Sendable {
    /// Per node: 1 + the node before it, 0 for those that roots point to and those that none holds.
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

    /// The nodes from one that a root points to up to this one, which a root has to hold.
    func way(to node: Int) -> [UInt32] {
        var way = [UInt32(node)]
        while previous[way[way.count - 1]] != 0 { way.append(previous[way[way.count - 1]] - 1) }
        return way.reversed()
    }
}
