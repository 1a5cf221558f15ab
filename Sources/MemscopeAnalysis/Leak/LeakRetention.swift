import Tracking

/// The retained bytes of groups of unreachable blocks or suspects, found by one flood for each group.
///
/// A million blocks in a thousand groups that all hold one another would need a thousand floods through all blocks. So
/// the work is limited, and the result of the other groups is nil.
struct LeakRetention {
    /// The number of blocks that all floods together may enter, for each block that they can reach.
    private static let visitsPerBlock = 2
    private static let freeVisits = 100_000

    private let graph: HeapGraph
    private let holds: HoldGraph
    /// The blocks that a flood must not enter: the kept ones and, during a flood, those that it has entered.
    private let seen: NodeSet
    private let queue: Column<UInt32>
    private let nodesByGroup: Column<UInt32>
    private let groupOfNode: Column<UInt32>

    /// `groupOfNode` is 1 + the index of a block's group, 0 for other blocks; `kept` are the blocks that no group may
    /// count.
    init?(_ graph: HeapGraph, _ holds: HoldGraph, kept: NodeSet, groupOfNode: Column<UInt32>) {
        guard let seen = kept.copy(), let queue = Column<UInt32>(count: graph.count),
            let nodesByGroup = Column<UInt32>(count: graph.count)
        else { return nil }
        (self.graph, self.holds, self.seen, self.queue) = (graph, holds, seen, queue)
        (self.nodesByGroup, self.groupOfNode) = (nodesByGroup, groupOfNode)
    }

    /// The retained bytes of each group; `counts` are the numbers of its blocks, `order` says which group comes first,
    /// and `total` is the number of blocks that are not kept.
    func bytes(counts: [Int], order: [Int], total: Int) -> [UInt64?] {
        let starts = sortNodes(counts)
        var visits = total * Self.visitsPerBlock + Self.freeVisits
        var result = [UInt64?](repeating: nil, count: counts.count)
        for index in order where visits > 0 {
            let (bytes, visited) = flood(nodesByGroup, starts[index]..<starts[index + 1])
            result[index] = bytes
            visits -= visited
        }
        return result
    }

    /// Writes the nodes sorted by group, and returns the start of each group.
    private func sortNodes(_ counts: [Int]) -> [Int] {
        var starts = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        var next = starts
        for node in 0..<UInt32(graph.count) where groupOfNode[node] != 0 {
            let group = Int(groupOfNode[node]) - 1
            nodesByGroup[next[group]] = node
            next[group] += 1
        }
        return starts
    }

    private func flood(_ seeds: Column<UInt32>, _ range: Range<Int>) -> (bytes: UInt64, visited: Int) {
        for (index, seed) in range.enumerated() {
            queue[index] = seeds[seed]
            _ = seen.insert(seeds[seed])
        }
        let visited = holds.flood(queue, filled: range.count, seen: seen)
        var bytes: UInt64 = 0
        for index in 0..<visited {
            bytes += graph.nodes[Int(queue[index])].size
            seen.remove(queue[index])
        }
        return (bytes, visited)
    }
}
