import Synchronization
package import Tracking

/// The analysis of a heap graph: leaks, retain cycles, and which block holds which.
package final class GraphAnalysis: Sendable {
    package let graph: HeapGraph
    package let holds: HoldGraph
    package let reachability: Reachability
    package let leakKinds: LeakKinds
    package let leaks: LeakList
    package let suspects: SuspectList
    package let cycles: CycleList
    private let lazyDominators = Mutex<DominatorTree?>(nil)
    private let lazyPaths = Mutex<RootPaths?>(nil)
    private let lazyReferrers = Mutex<ReferrerIndex?>(nil)

    /// Searches for leaks and cycles; nil when the system refuses the memory: about 50 bytes per block and 4 per edge.
    ///
    /// `births` returns the time of a node's allocation, 0 when it is unknown. `isConfirmed` says whether a block that
    /// nothing holds was unreachable in another scan too. `representative` maps all sites whose named stacks are the
    /// same to one of them.
    ///
    /// - Complexity: O(nodes + edges).
    /// - Complexity: O(nodes + edges).
    package convenience init?(
        graph: HeapGraph,
        births: @escaping (Int) -> UInt64,
        isConfirmed: (Int) -> Bool = { _ in true },
        representative: (UInt32) -> UInt32 = { $0 }
    ) {
        guard let holds = HoldGraph(graph),
            let reachability = Reachability(graph, holds, isConfirmed: isConfirmed)
        else { return nil }
        self.init(
            graph: graph,
            holds: holds,
            reachability: reachability,
            births: births,
            representative: representative
        )
    }

    /// Does the same when the set of blocks that roots hold is already known.
    ///
    /// Only cycles with a block for which `isWanted` is true are described.
    package init?(
        graph: HeapGraph,
        holds: HoldGraph,
        reachability: Reachability,
        births: @escaping (Int) -> UInt64,
        representative: (UInt32) -> UInt32 = { $0 },
        isWanted: (UInt32) -> Bool = { _ in true }
    ) {
        guard let components = StrongComponents(holds, cyclesWith: reachability.kept),
            let references = UnreachableReferences(graph, kept: reachability.kept),
            let kinds = LeakKinds(
                holds,
                kept: reachability.kept,
                cycles: components,
                ranks: Self.ranks(graph, references, births),
                isWaiting: references.isWaiting
            ),
            let leaks = LeakList(
                graph,
                holds,
                reachability: reachability,
                naming: LeakNaming(graph, kinds, references, components),
                representative: representative
            ),
            let suspects = SuspectList(graph, holds, reachability, representative: representative),
            let cycles = CycleList(
                graph,
                holds,
                components,
                kept: reachability.kept,
                births: births,
                isWanted: isWanted
            )
        else { return nil }
        (self.graph, self.holds, self.reachability) = (graph, holds, reachability)
        (leakKinds, self.leaks, self.suspects, self.cycles) = (kinds, leaks, suspects, cycles)
    }

    /// Ranks blocks that hold each other, the smallest rank first: waiting tasks, then objects, which the programmer
    /// knows best, then all others; within each of these groups, the oldest block first.
    private static func ranks(
        _ graph: HeapGraph,
        _ references: UnreachableReferences,
        _ births: @escaping (Int) -> UInt64
    ) -> (Int) -> UInt64 {
        let isObject = graph.types.map { $0.kind == .class } + [false]
        return { node in
            let isWaiting = references.isWaiting(UInt32(node))
            let rank: UInt64 =
                if isWaiting { references.isAwaitingTask(UInt32(node)) ? 1 : 0 } else {
                    isObject[min(Int(graph.nodes[node].type), isObject.count - 1)] ? 2 : 3
                }
            return births(node) | rank << 62
        }
    }

    /// The dominator tree, built at first use, which needs about 40 bytes per block temporarily.
    ///
    /// Nil when the system refuses the memory; this also applies to the functions below.
    package var dominators: DominatorTree? {
        built(lazyDominators) { DominatorTree(graph, holds, entries: leakKinds.entries) }
    }

    /// A shortest path from a root to a block, with storage folded; nil when no root holds the block.
    ///
    /// The first step is a block that a root points to, the last step is the block itself, without a field.
    package func rootPath(to node: Int) -> [PathStep]? {
        guard reachability.isReachable(node), let paths = built(lazyPaths, { RootPaths(holds) }) else { return nil }
        return PathFolding(graph: graph, holds: holds, use: .holding).fold(paths.path(to: node), isClosed: false)
    }

    /// The words that refer to a block, including the block's own, by ascending address.
    package func referrers(of node: Int, skipping skipped: Int = 0, limit: Int) -> ReferenceList? {
        guard let index = built(lazyReferrers, { ReferrerIndex(graph) }) else { return nil }
        return index.references(to: node, skipping: skipped, limit: limit, in: graph)
    }

    /// The words of a block that refer to something, by ascending offset.
    package func referents(of node: Int, skipping skipped: Int = 0, limit: Int) -> ReferenceList {
        ReferenceList(from: node, skipping: skipped, limit: limit, in: graph)
    }

    private func built<Part: Sendable>(_ part: borrowing Mutex<Part?>, _ build: () -> Part?) -> Part? {
        part.withLock { known in
            if known == nil { known = build() }
            return known
        }
    }
}
