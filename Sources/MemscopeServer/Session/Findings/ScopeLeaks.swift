package import MemscopeAnalysis
package import Tracking

/// The blocks of a scope that are unreachable.
package struct ScopeLeaks: Sendable {
    /// By kind, type and call stack, by descending bytes; only blocks of the scope are counted.
    package let leaks: [MemScope.HeapAnalysis.Leak]
    /// Unreachable cycles that contain a block of the scope.
    ///
    /// Their figures are those of the whole process.
    package let cycles: [MemScope.HeapAnalysis.Cycle]
    /// Whether some blocks of the scope were unreachable in one pass only, or are held by one word only: another scan
    /// may decide.
    package let hasSuspects: Bool
    /// The time until a new scan can tell more about blocks of the scope that refer to themselves.
    ///
    /// Such a block may be under construction while it is young. Nil when a later scan would not tell more.
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

    /// The unreachable blocks of a scope, in the same groups as those of the whole process.
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
            // The retained bytes are those of the whole group, so they are unknown for a part of it.
            if own.count < group.count { part.retainedBytes = nil }
            return MemScope.HeapAnalysis.Leak(part, in: graph)
        }
        return leaks.sorted { $0.bytes > $1.bytes }
    }
}
