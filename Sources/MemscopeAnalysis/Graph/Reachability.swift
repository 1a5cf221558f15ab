package import Tracking

/// What roots keep alive.
package struct Reachability: Sendable {
    /// Blocks that a root holds, directly or not, and the suspects.
    package let kept: NodeSet
    /// Blocks that no root holds here, but whose being lost was not confirmed, and what they hold.
    package let suspects: NodeSet
    package let suspectBlocks: Int
    package let suspectBytes: UInt64
    /// How many blocks neither a root nor a suspect holds.
    package let leakedBlocks: Int

    /// Floods the graph from its roots; nil when the system refuses the memory.
    ///
    /// `isConfirmed` says whether a block that nothing holds was lost in another scan too. What was not is a suspect: a
    /// thread may have had its only reference in a register.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph, _ holds: HoldGraph, isConfirmed: (Int) -> Bool = { _ in true }) {
        guard let kept = NodeSet(count: graph.count), let suspects = NodeSet(count: graph.count),
            let queue = Column<UInt32>(count: graph.count)
        else { return nil }
        var filled = 0
        for node in 0..<UInt32(graph.count) where holds.isRooted(node) && kept.insert(node) {
            queue[filled] = node
            filled += 1
        }
        let rooted = holds.flood(queue, filled: filled, seen: kept)
        filled = rooted
        if rooted < graph.count {
            for node in 0..<UInt32(graph.count) where !kept.contains(node) && !isConfirmed(Int(node)) {
                queue[filled] = node
                filled += 1
            }
            for index in rooted..<filled { _ = kept.insert(queue[index]) }
            filled = holds.flood(queue, filled: filled, seen: kept, from: rooted)
        }
        var bytes: UInt64 = 0
        for index in rooted..<filled {
            _ = suspects.insert(queue[index])
            bytes += holds.nodes[queue[index]].size
        }
        (self.kept, self.suspects) = (kept, suspects)
        (suspectBlocks, suspectBytes, leakedBlocks) = (filled - rooted, bytes, graph.count - filled)
    }

    /// Whether a root holds the block.
    package func isReachable(_ node: Int) -> Bool { kept.contains(node) && !suspects.contains(node) }
}
