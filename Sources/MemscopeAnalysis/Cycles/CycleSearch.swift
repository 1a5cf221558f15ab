import Tracking

/// Finds a shortest cycle of a component, which may have thousands of cycles, to show it to the user.
///
/// A breadth-first search from each member would take quadratic time. So the search ends after it has visited
/// `visitsPerEdge` times as many edges as the component has, plus a constant for small components. Then the cycle is a
/// shortest one through some member, but may not be the shortest of all. A search also ends at the length of the best
/// cycle so far; this makes it exact for trees whose nodes know their parent, however large they are.
///
/// A cycle through an object of the program is preferred to one through objects of a library only, because there the
/// user can change nothing.
struct CycleSearch {
    private static let visitsPerEdge = 2
    private static let freeVisits = 4096
    /// The largest number of cycles with equal length that are compared.
    private static let tieLimit = 1024

    private let holds: HoldGraph
    private let components: StrongComponents
    private let kept: NodeSet
    /// The use of the edges in the component that is searched.
    private var use = EdgeUse.unreachableCycles
    private let queue: Column<UInt32>
    /// The values in `depth` and `predecessor` are valid for the search whose number is in `stamp`.
    private let stamp: Column<UInt32>
    private let depth: Column<UInt32>
    private let predecessor: Column<UInt32>
    private var searches: UInt32 = 0
    private var signature: CycleSignature
    /// For each type of the graph, and last for nodes without a type: whether the program declares it.
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

    /// Writes a cycle to `best`: of the shortest cycles that were found, the one with the smallest codes.
    mutating func run(_ component: Int, into best: inout FoundCycle) {
        let range = components.range(of: component)
        best.removeAll()
        use = .cycles(isKept: kept.contains(components.node(at: range.lowerBound)))
        let (holds, components, areOwn) = (holds, components, areOwn)
        let own = range.lazy.filter { areOwn[min(Int(holds.nodes[components.node(at: $0)].type), areOwn.count - 1)] }
        if own.isEmpty { search(range, in: component, into: &best) } else { search(own, in: component, into: &best) }
    }

    /// Does the same for the cycles through some members of the component.
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
            // Self-references were handled above, so a cycle has two nodes or more; after `tieLimit` ties only shorter
            // cycles count.
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

    /// Writes the only cycle of a component in which every member has one edge to another member.
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

    /// The last node of a shortest cycle through `start`; nil when there is none with at most `longest` nodes.
    ///
    /// While no cycle is known (`longest` is unlimited), the search continues without visits left, so that each
    /// component gets a cycle.
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
