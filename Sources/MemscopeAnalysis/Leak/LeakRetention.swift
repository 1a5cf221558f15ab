import Tracking

/// What groups of lost blocks hold, found by a flood for each.
///
/// A million blocks in a thousand groups that all hold one another would take a thousand floods of everything: so the
/// work is limited, groups where a leak begins and great ones come first, and the rest is left unknown.
struct LeakRetention {
    /// Blocks that all floods together may enter, per lost block.
    private static let visitsPerBlock = 2
    private static let freeVisits = 100_000

    private let graph: HeapGraph
    private let holds: HoldGraph
    /// What a flood may not enter: what is kept, and while it goes on what it entered.
    private let seen: NodeSet
    private let queue: Column<UInt32>
    private let nodesByGroup: Column<UInt32>
    private let groupOfNode: Column<UInt32>

    /// `groupOfNode` is 1 + the index of a lost block's group, 0 for the others.
    init?(_ graph: HeapGraph, _ holds: HoldGraph, kept: NodeSet, groupOfNode: Column<UInt32>) {
        guard let seen = kept.copy(), let queue = Column<UInt32>(count: graph.count),
            let nodesByGroup = Column<UInt32>(count: graph.count)
        else { return nil }
        (self.graph, self.holds, self.seen, self.queue) = (graph, holds, seen, queue)
        (self.nodesByGroup, self.groupOfNode) = (nodesByGroup, groupOfNode)
    }

    mutating func fill(_ groups: inout [LeakGroup], leaked: Int) {
        let starts = sortNodes(groups)
        var visits = leaked * Self.visitsPerBlock + Self.freeVisits
        func rank(_ group: LeakGroup) -> (Int, UInt64) { (group.kind == .indirect ? 0 : 1, group.bytes) }
        for index in groups.indices.sorted(by: { rank(groups[$0]) > rank(groups[$1]) }) where visits > 0 {
            let (bytes, visited) = flood(nodesByGroup, starts[index]..<starts[index + 1])
            groups[index].retainedBytes = bytes
            visits -= visited
        }
    }

    /// Writes the nodes of one group after those of another, and says where each group begins.
    private func sortNodes(_ groups: [LeakGroup]) -> [Int] {
        var starts = [0]
        for group in groups { starts.append(starts[starts.count - 1] + group.count) }
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
