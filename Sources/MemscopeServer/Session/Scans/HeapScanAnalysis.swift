internal import MemscopeAnalysis
internal import Tracking

/// One analysis of the heap: its one or two scans, and what they mean together.
struct HeapScanAnalysis {
    let options: MemScope.AnalysisOptions
    let names: MetadataStore
    let suppressions: LeakSuppressions
    /// Maps all call stacks with the same names to one of them.
    let representative: (UInt32) -> UInt32

    /// One scan, with the blocks that its roots hold.
    private struct Picture {
        let graph: HeapGraph
        let holds: HoldGraph
        let reachability: Reachability
    }

    private enum FirstScan {
        case clean(Picture)
        /// The graph itself is released, because two at once would need twice the memory.
        case unreachable(UnreachableBlocks)
    }

    /// Makes the scans and analyses them.
    ///
    /// - Parameter known: The blocks that an earlier scan found unreachable. They stay unreachable, even if one of the
    ///   new scans finds an old word that points to them.
    /// - Returns: The findings.
    /// - Throws: The reason why the heap could not be scanned.
    func finding(known: UnreachableBlocks?) throws(HeapAnalysisError) -> HeapFinding {
        let began = CaptureCore.now
        switch try firstScan() {
        case .clean(let picture):
            return try finding(picture, passes: 1, began: began)
        case .unreachable(let found):
            let graph = try scan(registers: true)
            var ofKernel = 0
            let picture = try self.picture(of: graph) { node in
                let block = graph.nodes[node]
                guard found.contains(block) || known?.contains(block) == true else { return false }
                guard graph.mayBeUserData(node) else { return true }
                ofKernel += 1
                return false
            }
            let moved = found.heldCount(in: graph, picture.reachability)
            return try finding(picture, moved: moved, ofKernel: ofKernel, passes: 2, began: began)
        }
    }

    private func firstScan() throws(HeapAnalysisError) -> FirstScan {
        let picture = try picture(of: scan(registers: false))
        guard picture.reachability.unreachableBlocks > 0 else { return .clean(picture) }
        return .unreachable(try owned(UnreachableBlocks(picture.graph, picture.reachability)))
    }

    private func scan(registers: Bool) throws(HeapAnalysisError) -> HeapGraph {
        // The analysis of the first scan leaves addresses of unreachable blocks on the stack, below the frames of the
        // second scan.
        AllocationScope.wipeStack()
        var wanted = HeapScanner.Options()
        wanted.memoryLimit = options.memoryLimitBytes
        wanted.timeout = options.timeout.nanoseconds
        wanted.readsRegisters = registers
        wanted.withoutOwnStack = options.ignoresOwnStack
        do throws(HeapScanProblem) {
            return try names.graph(of: HeapScanner.scan(wanted), moduleOfSite: names.module(ofSite:))
        } catch {
            throw HeapAnalysisError(error)
        }
    }

    private func picture(
        of graph: HeapGraph,
        isConfirmed: (Int) -> Bool = { _ in true }
    ) throws(HeapAnalysisError) -> Picture {
        let holds = try owned(HoldGraph(graph, runner: options.ignoredRunner))
        return Picture(
            graph: graph,
            holds: holds,
            reachability: try owned(Reachability(graph, holds, isConfirmed: isConfirmed))
        )
    }

    /// Treats the leaks that the user suppressed, and the blocks that they hold, as held.
    private func suppressed(_ picture: Picture) throws(HeapAnalysisError) -> Reachability {
        guard !suppressions.isEmpty, picture.reachability.unreachableBlocks > 0 else { return picture.reachability }
        var verdicts: [UInt32: Bool] = [:]
        func isSuppressed(_ node: Int) -> Bool {
            let site = picture.graph.nodes[node].site
            if let known = verdicts[site] { return known }
            let verdict = suppressions.matches(names.stack(ofSite: site))
            verdicts[site] = verdict
            return verdict
        }
        let suspects = picture.reachability.suspects
        return try owned(
            Reachability(picture.graph, picture.holds) { !suspects.contains($0) && !isSuppressed($0) }
        )
    }

    private func finding(
        _ picture: Picture,
        moved: Int = 0,
        ofKernel: Int = 0,
        passes: Int,
        began: UInt64
    ) throws(HeapAnalysisError) -> HeapFinding {
        let kept = try suppressed(picture)
        let graph = picture.graph
        let analysis = try owned(
            GraphAnalysis(
                graph: graph,
                holds: picture.holds,
                reachability: kept,
                births: { graph.origin(of: $0).birth },
                representative: representative,
                isWanted: { options.scope?.has(graph.nodes[Int($0)]) ?? true }
            )
        )
        let summary = MemScope.HeapAnalysis.Summary(
            unreachableBlocks: analysis.leaks.blocks,
            unreachableBytes: analysis.leaks.bytes,
            cycles: analysis.cycles.leaked,
            suspects: picture.reachability.suspectBlocks + moved,
            kernelSuspects: ofKernel,
            stackHeldBlocks: picture.reachability.stackHeld.blocks,
            stackHeldBytes: picture.reachability.stackHeld.bytes,
            stackSuspects: picture.reachability.stackSuspects.blocks,
            stackSuspectBytes: picture.reachability.stackSuspects.bytes,
            kernelHeldBlocks: picture.reachability.kernelHeld.blocks,
            kernelHeldBytes: picture.reachability.kernelHeld.bytes,
            suppressedBlocks: kept.suspectBlocks - picture.reachability.suspectBlocks,
            suppressedBytes: kept.suspectBytes - picture.reachability.suspectBytes
        )
        return HeapFinding(analysis, summary: summary, passes: passes, duration: CaptureCore.now - began)
    }

    /// Throws when the system has refused the memory for a result.
    private func owned<Result>(_ result: Result?) throws(HeapAnalysisError) -> Result {
        guard let result else { throw HeapAnalysisError(.noMemory) }
        return result
    }
}

extension HeapGraph {
    /// Whether io_uring may hold the block as user data; Swift objects are hardly ever used for that.
    fileprivate func mayBeUserData(_ node: Int) -> Bool {
        circumstances.hasUnreadableKernel && type(of: node)?.kind.isSwiftObject != true
    }
}
