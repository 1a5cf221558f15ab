import Tracking

/// The dominator tree of the heap: which blocks are held only through which other block.
///
/// A block dominates another when every path from a root to the other one goes through it. If the block and its
/// references were removed, everything that it dominates would become unreachable: its retained size is its own size
/// plus the sizes of all blocks that it dominates.
///
/// A virtual root holds the blocks that roots hold. It also holds one entry of each leak, so that unreachable blocks
/// have a place in the tree too.
///
/// - SeeAlso: L. Georgiadis, R. Tarjan, R. Werneck, *Finding Dominators in Practice*, Journal of Graph Algorithms and
///   Applications 10 (2006), for Semi-NCA; T. Lengauer, R. Tarjan, *A Fast Algorithm for Finding Dominators in a
///   Flowgraph*, TOPLAS 1 (1979).
package struct DominatorTree: Sendable {
    /// The preorder number of each node, from 1; 0 for a node that neither a root nor an entry leads to.
    private let numbers: Column<UInt32>
    private let vertices: Column<UInt32>
    /// Indexed by preorder number; the number 0 is the virtual root.
    private let dominators: Column<UInt32>
    private let retained: Column<UInt64>
    private let reached: Int
    private let graph: HeapGraph

    /// Builds the tree; nil when the system refuses the memory.
    ///
    /// - Complexity: O(edges · log nodes) in the worst case, linear in practice.
    init?(_ graph: HeapGraph, _ holds: HoldGraph, entries: NodeSet) {
        guard let starts = entries.copy() else { return nil }
        for node in 0..<UInt32(graph.count) where holds.isRooted(node) { _ = starts.insert(node) }
        guard let walk = PreorderWalk(holds, from: starts),
            let dominators = SemiNCA(holds, walk)?.dominators,
            let retained = Column<UInt64>(count: walk.reached + 1)
        else { return nil }
        for number in (0...walk.reached).dropFirst().reversed() {
            retained[number] += holds.nodes[walk.vertices[number]].size
            retained[dominators[number]] += retained[number]
        }
        (numbers, vertices, reached) = (walk.numbers, walk.vertices, walk.reached)
        (self.dominators, self.retained, self.graph) = (dominators, retained, graph)
    }

    /// The closest block without which nothing would hold the node; nil when there is no such block.
    package func dominator(of node: Int) -> Int? {
        let dominator = dominators[numbers[node]]
        return dominator == 0 ? nil : Int(vertices[dominator])
    }

    /// The retained size of a block, its own bytes included; nil when the block is neither held nor known to be
    /// unreachable.
    package func retainedBytes(of node: Int) -> UInt64? { numbers[node] == 0 ? nil : retained[numbers[node]] }

    /// For each type of the graph, the bytes that its blocks retain together.
    ///
    /// A block with a dominator of the same type adds nothing, because the dominator's retained size includes it.
    ///
    /// - Returns: Nil when the system refuses the memory.
    package func retainedBytesByType() -> [UInt64]? {
        guard let firstChild = Column<UInt32>(count: reached + 1),
            let sibling = Column<UInt32>(count: reached + 1)
        else { return nil }
        for number in (0...reached).dropFirst().reversed() {
            sibling[number] = firstChild[dominators[number]]
            firstChild[dominators[number]] = UInt32(number)
        }
        var sums = [UInt64](repeating: 0, count: graph.types.count)
        // How many blocks of each type are on the path from the virtual root to the current block.
        var open = [Int](repeating: 0, count: graph.types.count)
        var number = firstChild[0]
        while number != 0 {
            let type = graph.nodes[Int(vertices[number])].type
            if type != HeapNode.none {
                if open[Int(type)] == 0 { sums[Int(type)] += retained[number] }
                open[Int(type)] += 1
            }
            if firstChild[number] != 0 {
                number = firstChild[number]
                continue
            }
            close(number, &open)
            while number != 0, sibling[number] == 0 {
                number = dominators[number]
                if number != 0 { close(number, &open) }
            }
            number = sibling[number]
        }
        return sums
    }

    private func close(_ number: UInt32, _ open: inout [Int]) {
        let type = graph.nodes[Int(vertices[number])].type
        if type != HeapNode.none { open[Int(type)] -= 1 }
    }
}

/// The order in which a depth-first search enters the nodes.
struct PreorderWalk {
    /// The number of each node, from 1; 0 for nodes that were not reached.
    let numbers: Column<UInt32>
    /// Indexed by number: the node, and the number of the node from which it was entered; 0 for a start.
    let vertices: Column<UInt32>
    let parents: Column<UInt32>
    /// The nodes that the virtual root holds.
    let starts: NodeSet
    private(set) var reached = 0

    init?(_ holds: HoldGraph, from starts: NodeSet) {
        guard let numbers = Column<UInt32>(count: holds.count), let vertices = Column<UInt32>(count: holds.count + 1),
            let parents = Column<UInt32>(count: holds.count + 1), let cursor = Column<UInt32>(count: holds.count + 1)
        else { return nil }
        (self.numbers, self.vertices, self.parents, self.starts) = (numbers, vertices, parents, starts)
        for start in 0..<UInt32(holds.count) where numbers[start] == 0 && starts.contains(start) {
            enter(start, from: 0, holds, cursor)
            var current = UInt32(reached)
            while current != 0 {
                let index = cursor[current]
                if index == holds.starts[Int(vertices[current]) + 1] {
                    current = parents[current]
                    continue
                }
                cursor[current] = index + 1
                let target = holds.targets[index] & HoldGraph.nodeMask
                guard numbers[target] == 0 else { continue }
                enter(target, from: current, holds, cursor)
                current = UInt32(reached)
            }
        }
    }

    @inline(__always)
    private mutating func enter(_ node: UInt32, from parent: UInt32, _ holds: HoldGraph, _ cursor: Column<UInt32>) {
        reached += 1
        numbers[node] = UInt32(reached)
        vertices[reached] = node
        parents[reached] = parent
        cursor[reached] = holds.starts[node]
    }
}
