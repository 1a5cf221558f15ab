package import MemscopeAnalysis
package import Tracking

/// What of a scope's blocks nothing reaches any more.
package struct ScopeLeaks: Sendable {
    /// By kind, type and call stack, most bytes first; only blocks of the scope count.
    package let leaks: [MemScope.HeapAnalysis.Leak]
    /// Lost cycles that have a block of the scope.
    ///
    /// Their figures are of the whole process.
    package let cycles: [MemScope.HeapAnalysis.Cycle]
    /// Whether some of the scope's blocks were lost in one pass only, or hang on one word: another look may
    /// tell.
    package let hasSuspects: Bool
    /// How long until a look can tell more of the scope's blocks that refer to themselves.
    ///
    /// A young one may be one that is being made. Nil when there is none of which more will be known.
    package let settlesAfter: Duration?
}

extension HeapFinding {
    func hasSuspects(of scope: AllocationScope) -> Bool {
        let reachability = analysis.reachability
        guard reachability.suspectBlocks + reachability.stackSuspects.blocks > 0 else { return false }
        return (0..<UInt32(analysis.graph.count)).contains {
            (reachability.suspects.contains($0) || reachability.isStackSuspect($0))
                && scope.has(analysis.graph.nodes[Int($0)])
        }
    }

    func settlesAfter(of scope: AllocationScope) -> Duration? {
        let (graph, holds, reachability) = (analysis.graph, analysis.holds, analysis.reachability)
        let births = (0..<UInt32(graph.count)).lazy
            .filter { holds.isHeldAsYoung($0) && reachability.isReachable(Int($0)) && scope.has(graph.nodes[Int($0)]) }
            .map { graph.origin(of: Int($0)).birth }
        guard let last = births.max() else { return nil }
        let age = Int64(graph.circumstances.takenAt) - Int64(last)
        return .nanoseconds(max(Int64(HoldGraph.timeToMake) - age, 1))
    }

    /// Those of a scope's blocks that are lost, grouped as all are.
    func leaks(of scope: AllocationScope) -> [MemScope.HeapAnalysis.Leak] {
        let graph = analysis.graph
        var nodes: [Int: [UInt32]] = [:]
        for node in 0..<graph.count {
            guard let kind = analysis.leakKinds.kind(of: node), scope.has(graph.nodes[node]),
                let group = analysis.leaks.group(of: kind, graph.nodes[node])
            else { continue }
            nodes[group, default: []].append(UInt32(node))
        }
        let leaks = nodes.sorted { $0.key < $1.key }.map { index, own in
            let group = analysis.leaks.groups[index]
            var part = group
            part.count = own.count
            part.bytes = own.reduce(0) { $0 + graph.nodes[Int($1)].size }
            part.nodes = Array(own.prefix(LeakGroup.nodeLimit))
            // That of the whole group, of which this may be a part.
            if own.count < group.count { part.retainedBytes = nil }
            return MemScope.HeapAnalysis.Leak(part, in: graph)
        }
        return leaks.sorted { $0.bytes > $1.bytes }
    }
}
