import Tracking

/// The strongly connected components that are cycles: those with several nodes, or with one node that refers to itself.
///
/// - SeeAlso: D. Pearce, *A Space-Efficient Algorithm for Finding Strongly Connected Components*, Information
///   Processing Letters 116 (2016), which is R. Tarjan's *Depth-First Search and Linear Graph Algorithms* (1972) with
///   one number per node. There is no recursion here, because lists of a million blocks are common.
package struct StrongComponents: Sendable {
    /// For each node, 1 + the index of its component; 0 when it belongs to none.
    let numbers: Column<UInt32>
    private let nodes: Column<UInt32>
    /// The nodes of a component are `nodes[bounds[component]..<bounds[component + 1]]`.
    private let bounds: [UInt32]

    package var count: Int { bounds.count - 1 }

    /// The indices of a component's nodes.
    func range(of component: Int) -> Range<Int> { Int(bounds[component])..<Int(bounds[component + 1]) }

    func node(at index: Int) -> UInt32 { nodes[index] }

    package func members(of component: Int) -> [Int] { range(of: component).map { Int(nodes[$0]) } }

    package func component(of node: Int) -> Int? { numbers[node] == 0 ? nil : Int(numbers[node]) - 1 }

    /// Finds the components of the edges that can be part of a retain cycle; nil when the system refuses the memory.
    ///
    /// `kept` is the set of nodes that roots hold.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HoldGraph, cyclesWith kept: NodeSet) {
        guard let search = ComponentSearch(graph, kept: kept) else { return nil }
        self.init(search)
    }

    /// Finds the components of all edges between nodes outside of `excluded`; nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HoldGraph, excluding excluded: NodeSet) {
        guard let search = ComponentSearch(graph, kept: nil) else { return nil }
        search.skip(excluded)
        self.init(search)
    }

    private init(_ start: ComponentSearch) {
        var search = start
        for node in 0..<UInt32(search.graph.count) where search.isNew(node) { search.visit(node) }
        (numbers, nodes, bounds) = (search.numbers, search.members, search.bounds)
    }
}

private struct ComponentSearch {
    private static let done = UInt32.max

    let numbers: Column<UInt32>
    let members: Column<UInt32>
    var bounds: [UInt32] = [0]

    let graph: HoldGraph
    /// The nodes that roots hold, when cycles are searched; nil when every edge counts.
    private let kept: NodeSet?
    /// 0 before the visit; then the lowest order on the stack that the node is known to reach; `done` at the end.
    private let low: Column<UInt32>
    /// From the front, the path of the current walk; from the back, the nodes that wait for the first node of their
    /// component.
    private let stack: Column<UInt32>
    private let order: Column<UInt32>
    private let cursor: Column<UInt32>
    private var depth = 0
    private var waiting: Int
    private var nextOrder: UInt32 = 1

    init?(_ graph: HoldGraph, kept: NodeSet?) {
        guard let numbers = Column<UInt32>(count: graph.count), let members = Column<UInt32>(count: graph.count),
            let low = Column<UInt32>(count: graph.count), let stack = Column<UInt32>(count: graph.count),
            let order = Column<UInt32>(count: graph.count), let cursor = Column<UInt32>(count: graph.count)
        else { return nil }
        (self.graph, self.kept, self.numbers, self.members) = (graph, kept, numbers, members)
        (self.low, self.stack, self.order, self.cursor) = (low, stack, order, cursor)
        waiting = graph.count
    }

    func skip(_ excluded: NodeSet) {
        for node in 0..<UInt32(graph.count) where excluded.contains(node) { low[node] = Self.done }
    }

    func isNew(_ node: UInt32) -> Bool { low[node] == 0 }

    mutating func visit(_ first: UInt32) {
        enter(first)
        while depth > 0 {
            let node = stack[depth - 1]
            if let child = advance(node) { enter(child) } else { leave(node) }
        }
    }

    private mutating func enter(_ node: UInt32) {
        low[node] = nextOrder
        stack[depth] = node
        order[depth] = nextOrder
        cursor[depth] = graph.starts[node]
        nextOrder += 1
        depth += 1
    }

    /// Follows the node's edges up to the next one that leads to a new node; returns that node, nil when there is none.
    @inline(__always) private func advance(_ node: UInt32) -> UInt32? {
        let use = kept.map { EdgeUse.cycles(isKept: $0.contains(node)) } ?? .holding
        var lowest = low[node]
        var index = cursor[depth - 1]
        let end = graph.starts[Int(node) + 1]
        while index < end {
            let target = graph.targets[index]
            guard use.includes(target) else {
                index += 1
                continue
            }
            let reached = low[target & HoldGraph.nodeMask]
            if reached == 0 {
                // This edge is read again after its target was left.
                cursor[depth - 1] = index
                low[node] = lowest
                return target & HoldGraph.nodeMask
            }
            lowest = min(lowest, reached)
            index += 1
        }
        low[node] = lowest
        return nil
    }

    private mutating func leave(_ node: UInt32) {
        depth -= 1
        let lowest = low[node]
        guard lowest == order[depth] else {
            waiting -= 1
            stack[waiting] = node
            return
        }
        let first = Int(bounds[bounds.count - 1])
        members[first] = node
        var size = 1
        low[node] = Self.done
        while waiting < graph.count, low[stack[waiting]] >= lowest {
            low[stack[waiting]] = Self.done
            members[first + size] = stack[waiting]
            waiting += 1
            size += 1
        }
        nextOrder -= UInt32(size)
        guard size > 1 || graph.loops.contains(node) else { return }
        for index in first..<first + size { numbers[members[index]] = UInt32(bounds.count) }
        bounds.append(UInt32(first + size))
    }
}
