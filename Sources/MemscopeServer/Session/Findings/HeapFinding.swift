internal import MemscopeAnalysis
internal import Synchronization
internal import Tracking

/// The findings of a scan: the graph for questions about single blocks, and the lists.
final class HeapFinding: Sendable {
    let analysis: GraphAnalysis
    let scan: MemScope.HeapAnalysis.Scan
    let summary: MemScope.HeapAnalysis.Summary
    /// Without stacks, like the cycles: only the rows that are shown are named.
    let leaks: [MemScope.HeapAnalysis.Leak]
    let suspects: [MemScope.HeapAnalysis.Leak]
    let cycles: [MemScope.HeapAnalysis.Cycle]
    /// The unreachable blocks; nil when there is no memory for them.
    let unreachable: UnreachableBlocks?
    private let retained = Mutex<[BlockType: UInt64]?>(nil)
    private let related = Mutex<[Relation]?>(nil)

    init(_ analysis: GraphAnalysis, summary: MemScope.HeapAnalysis.Summary, passes: Int, duration: UInt64) {
        let graph = analysis.graph
        // Unconfirmed and suppressed blocks are neither unreachable nor held.
        let cycles = analysis.cycles.cycles.filter { !analysis.reachability.suspects.contains($0.oldest) }
        self.analysis = analysis
        self.summary = summary
        scan = MemScope.HeapAnalysis.Scan(graph, passes: passes, duration: duration)
        leaks = analysis.leaks.groups.map { MemScope.HeapAnalysis.Leak($0, in: graph) }
        suspects = analysis.suspects.groups.map { MemScope.HeapAnalysis.Leak(.stack, $0, in: graph) }
        unreachable = UnreachableBlocks(graph, analysis.reachability)
        self.cycles = cycles.map { MemScope.HeapAnalysis.Cycle($0, in: graph) }
    }

    /// For each type the retained size of all its blocks; computed at first use.
    ///
    /// Nil when there is no memory for it.
    var retainedBytesByType: [BlockType: UInt64]? {
        retained.withLock { known in
            if known == nil, let sums = analysis.dominators?.retainedBytesByType() {
                // Two indices may stand for the same type.
                known = Dictionary(zip(analysis.graph.types, sums), uniquingKeysWith: +)
            }
            return known
        }
    }

    /// How types hold one another, and which storage blocks have equal contents; computed at first use.
    ///
    /// Nil when there is no memory for it.
    var relations: [Relation]? {
        related.withLock { known in
            if known == nil { known = findRelations() }
            return known
        }
    }
}

extension MemScope.HeapAnalysis.Scan {
    fileprivate init(_ graph: HeapGraph, passes: Int, duration: UInt64) {
        let circumstances = graph.circumstances
        var bytes: UInt64 = 0
        for node in 0..<graph.count { bytes += graph.nodes[node].size }
        self.init(
            method: circumstances.method.name,
            takenAt: circumstances.takenAt,
            pauseNanoseconds: circumstances.pause,
            durationNanoseconds: duration,
            blocks: graph.count,
            bytes: bytes,
            threads: circumstances.threads,
            threadsRead: circumstances.threadsRead,
            threadsLeft: circumstances.threadsLeft,
            hasUnknownHeap: circumstances.hasUnknownHeap,
            refusedReferences: circumstances.refusedReferences,
            passes: passes
        )
    }
}

extension HeapGraph.Circumstances.Method {
    fileprivate var name: String {
        switch self {
        case .fork: "fork"
        case .forkWithRegisters: "fork+registers"
        case .forkAfterSignal: "fork+signal"
        case .stoppedBySignal: "stopped"
        }
    }
}

extension MemScope.HeapAnalysis.Leak {
    init(_ group: LeakGroup, in graph: HeapGraph) {
        let kind: Kind =
            switch group.kind {
            case .direct: .direct
            case .indirect: .indirect
            case .cycle: .cycle
            }
        self.init(kind, group, in: graph)
    }

    /// Makes a leak without a stack.
    fileprivate init(_ kind: Kind, _ group: some BlockGroup, in graph: HeapGraph) {
        let type = graph.blockType(at: group.type)
        self.init(
            kind: kind,
            reason: group.reason,
            count: group.count,
            bytes: group.bytes,
            retainedBytes: group.retainedBytes,
            type: type.name,
            typeKind: type.kind,
            site: group.site,
            stack: [],
            addresses: graph.addresses(of: group.nodes)
        )
    }
}

extension MemScope.HeapAnalysis.Cycle {
    fileprivate init(_ cycle: RetainCycle, in graph: HeapGraph) {
        self.init(
            count: cycle.count,
            objects: cycle.objects,
            bytes: cycle.bytes,
            types: cycle.types,
            path: cycle.path.map { Step(type: $0.type, field: $0.field) },
            breakEdge: BreakEdge(cycle.breakEdge, in: graph),
            isReachable: cycle.isReachable,
            isInferred: cycle.isInferred,
            site: cycle.site,
            stack: [],
            address: MemScope.HeapAnalysis.Address(graph.nodes[Int(cycle.oldest)].address)
        )
    }
}

extension MemScope.HeapAnalysis.Cycle.BreakEdge {
    fileprivate init(_ edge: CycleBreak, in graph: HeapGraph) {
        let place: Place? =
            switch edge.place {
            case .site(let site): .site(site)
            case .code(let node, let offset):
                .code(MemScope.HeapAnalysis.Address(graph.nodes[Int(node)].address + offset))
            case nil: nil
            }
        self.init(from: edge.from, field: edge.field, to: edge.to, reason: edge.reason, place: place)
    }
}

extension HeapGraph {
    fileprivate func addresses(of nodes: [UInt32]) -> [MemScope.HeapAnalysis.Address] {
        nodes.map { MemScope.HeapAnalysis.Address(self.nodes[Int($0)].address) }
    }

    /// The type with an index in `types`; "unknown" for `HeapNode.none`.
    func blockType(at index: UInt32) -> BlockType {
        index == HeapNode.none ? .unknown : types[Int(index)]
    }
}
