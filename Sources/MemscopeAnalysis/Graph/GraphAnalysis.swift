package import Tracking

/// What a heap graph says about leaks, retain cycles and who holds what.
package final class GraphAnalysis: Sendable {
    package let graph: HeapGraph
    package let holds: HoldGraph
    package let reachability: Reachability
    package let leakKinds: LeakKinds
    package let leaks: LeakList
    package let cycles: CycleList

    /// Looks for leaks and cycles; nil when the system refuses the memory: about 60 bytes per block and 4 per edge.
    ///
    /// `births` says when a node was allocated, 0 where that is not known; `isConfirmed` whether a block that nothing
    /// holds was lost in another scan too.
    ///
    /// - Complexity: O(nodes + edges).
    package convenience init?(
        graph: HeapGraph,
        births: @escaping (Int) -> UInt64,
        isConfirmed: (Int) -> Bool = { _ in true }
    ) {
        guard let holds = HoldGraph(graph),
            let reachability = Reachability(graph, holds, isConfirmed: isConfirmed)
        else { return nil }
        self.init(graph: graph, holds: holds, reachability: reachability, births: births)
    }

    /// The same, where it is already known what roots hold.
    package init?(
        graph: HeapGraph,
        holds: HoldGraph,
        reachability: Reachability,
        births: @escaping (Int) -> UInt64
    ) {
        guard let components = StrongComponents(holds, cyclesOnly: true),
            let kinds = LeakKinds(holds, kept: reachability.kept, cycles: components, births: births),
            let leaks = LeakList(graph, holds, reachability: reachability, kinds: kinds),
            let cycles = CycleList(graph, holds, components, isKept: reachability.kept.contains, births: births)
        else { return nil }
        (self.graph, self.holds, self.reachability) = (graph, holds, reachability)
        (leakKinds, self.leaks, self.cycles) = (kinds, leaks, cycles)
    }
}
