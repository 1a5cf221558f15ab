import Tracking

/// Finds a shortest cycle of a component: the one to show of what may be thousands.
///
/// A breadth-first search from each member would be quadratic, so the search ends when it looked at
/// `visitsPerEdge` times as many edges as the component has, and some more for small ones. Then the cycle is one of the
/// shortest through some member, and may not be the shortest of all. Searches end at the length that is known already,
/// which makes the search exact for trees whose nodes know their parent, however large.
///
/// A cycle through an object of the program's is preferred to one among a library's, where nothing can be changed.
struct CycleSearch {
    private static let visitsPerEdge = 2
    private static let freeVisits = 4096
    /// Cycles of equal length that are compared to choose among them.
    private static let tieLimit = 1024

    private let holds: HoldGraph
    private let components: StrongComponents
    private let kept: NodeSet
    /// Of the component that is searched.
    private var use = EdgeUse.lostCycles
    private let queue: Column<UInt32>
    /// Depth and predecessor belong to the search whose number is in `stamp`.
    private let stamp: Column<UInt32>
    private let depth: Column<UInt32>
    private let predecessor: Column<UInt32>
    private var searches: UInt32 = 0
    private var signature: CycleSignature
    /// Per type of the graph, and for nodes without one: whether the program declares it.
    private let areOwn: [Bool]

    /// - Returns: Nil when the system refuses the memory.
    init?(_ graph: HeapGraph, _ holds: HoldGraph, _ components: StrongComponents, kept: NodeSet) {
        guard let queue = Column<UInt32>(count: graph.count), let stamp = Column<UInt32>(count: graph.count),
            let depth = Column<UInt32>(count: graph.count), let predecessor = Column<UInt32>(count: graph.count)
        else { return nil }
        (self.holds, self.components, self.kept) = (holds, components, kept)
        (self.queue, self.stamp, self.depth, self.predecessor) = (queue, stamp, depth, predecessor)
        signature = CycleSignature(graph, holds)
        areOwn = graph.types.map { $0.kind == .class && !CycleRemedies.isOfLibrary($0.name) } + [false]
    }

    /// Writes the nodes and codes of a cycle to `best`: of the shortest that were found, the one with the least codes.
    mutating func run(_ component: Int, into best: inout FoundCycle) {
        let range = components.range(of: component)
        best.removeAll()
        use = .cycles(isKept: kept.contains(components.node(at: range.lowerBound)))
        let (holds, components, areOwn) = (holds, components, areOwn)
        let own = range.lazy.filter { areOwn[min(Int(holds.nodes[components.node(at: $0)].type), areOwn.count - 1)] }
        if own.isEmpty { search(range, in: component, into: &best) } else { search(own, in: component, into: &best) }
    }

    /// The same, of the cycles through some of its members.
    private mutating func search(
        _ members: some Sequence<Int>,
        in component: Int,
        into best: inout FoundCycle
    ) {
        let range = components.range(of: component)
        if let looped = members.first(where: { holds.loops.contains(components.node(at: $0)) }) {
            best.nodes.append(components.node(at: looped))
            return signature.write(to: &best, use)
        }
        let edges = innerEdges(component)
        if edges == range.count { return walkRing(component, into: &best) }
        var visits = Self.visitsPerEdge * (edges + range.count) + Self.freeVisits
        var candidate = FoundCycle()
        var ties = 0
        for index in members where visits > 0 {
            let start = components.node(at: index)
            // No cycle of one is left, and ties that are not compared are not looked for.
            let limit = best.nodes.isEmpty ? Int.max : best.nodes.count - (ties < Self.tieLimit ? 0 : 1)
            if limit < 2 { return }
            guard let last = search(from: start, longest: limit, visits: &visits) else { continue }
            candidate.removeAll()
            writePath(from: start, to: last, into: &candidate.nodes)
            signature.write(to: &candidate, use)
            ties = candidate.nodes.count == best.nodes.count ? ties + 1 : 0
            if best.nodes.isEmpty || candidate.precedes(best) { swap(&best, &candidate) }
        }
    }

    private func isInner(_ target: UInt32, of component: Int) -> Bool {
        use.includes(target) && components.numbers[target & HoldGraph.nodeMask] == UInt32(component) + 1
    }

    private func innerEdges(_ component: Int) -> Int {
        var count = 0
        for index in components.range(of: component) {
            let node = components.node(at: index)
            for edge in holds.edges(of: node) where isInner(holds.targets[edge], of: component) { count += 1 }
        }
        return count
    }

    /// Every member has one edge to another: there is one cycle.
    private func walkRing(_ component: Int, into best: inout FoundCycle) {
        let first = components.node(at: components.range(of: component).lowerBound)
        var node = first
        repeat {
            best.nodes.append(node)
            for edge in holds.edges(of: node) where isInner(holds.targets[edge], of: component) {
                node = holds.targets[edge] & HoldGraph.nodeMask
                break
            }
        } while node != first
        signature.write(to: &best, use)
    }

    /// The last node of a shortest cycle through `start`; nil when there is none of at most `longest` nodes.
    ///
    /// The first search of a component goes on without visits left, so that each has a cycle.
    private mutating func search(from start: UInt32, longest: Int, visits: inout Int) -> UInt32? {
        searches += 1
        let component = Int(components.numbers[start]) - 1
        (queue[0], stamp[start], depth[start]) = (start, searches, 1)
        var next = 0
        var filled = 1
        while next < filled {
            let node = queue[next]
            next += 1
            if Int(depth[node]) > longest || visits <= 0 && longest != .max { return nil }
            visits -= holds.edges(of: node).count
            for edge in holds.edges(of: node) where isInner(holds.targets[edge], of: component) {
                let target = holds.targets[edge] & HoldGraph.nodeMask
                if target == start { return node }
                if stamp[target] == searches { continue }
                (stamp[target], depth[target], predecessor[target]) = (searches, depth[node] + 1, node)
                queue[filled] = target
                filled += 1
            }
        }
        return nil
    }

    private func writePath(from start: UInt32, to last: UInt32, into nodes: inout [UInt32]) {
        var node = last
        while node != start {
            nodes.append(node)
            node = predecessor[node]
        }
        nodes.append(start)
        nodes.reverse()
    }
}
