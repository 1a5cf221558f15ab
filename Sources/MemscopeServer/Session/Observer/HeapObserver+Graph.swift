internal import MemscopeAnalysis
internal import MemscopeRender
internal import Synchronization
internal import Tracking

extension HeapObserver {
    /// Scans the whole heap, and keeps the findings for later requests of a dashboard.
    func scanForLeaks() throws(HeapAnalysisError) -> HeapFinding {
        let finding = try scan(settings.analysis, isKept: true)
        hub.publish(
            event: "leakscan",
            data: String(decoding: WireFormat.leakScan(finding.scan, finding.summary, in: envelope()), as: UTF8.self)
        )
        return finding
    }

    /// The findings of the last scan; makes a scan when there are none.
    func lastFinding() throws(HeapAnalysisError) -> HeapFinding {
        if let last = graph.last { return last }
        return try scanForLeaks()
    }

    /// Scans the whole heap for a caller that needs all findings at once and makes no later requests.
    func analyze(_ options: MemScope.AnalysisOptions) throws(HeapAnalysisError) -> MemScope.HeapAnalysis {
        try analyze(options, mostRows: .max).analysis
    }

    /// `isCut` says whether a list had more than `mostRows` rows; leaks and growing call stacks count as two lists
    /// here.
    func analyze(
        _ options: MemScope.AnalysisOptions,
        mostRows: Int
    ) throws(HeapAnalysisError) -> (analysis: MemScope.HeapAnalysis, isCut: Bool) {
        let finding = try scan(options, isKept: false)
        return withNames { names in
            let growing = growingLeaks(in: finding, names)
            let counts = [finding.leaks.count, growing.count, finding.suspects.count, finding.cycles.count]
            var analysis = MemScope.HeapAnalysis(
                scan: finding.scan,
                summary: finding.summary,
                leaks: Array(finding.leaks.prefix(mostRows)) + Array(growing.prefix(mostRows)),
                suspects: Array(finding.suspects.prefix(mostRows)),
                cycles: Array(finding.cycles.prefix(mostRows))
            )
            for index in analysis.leaks.indices { names.name(&analysis.leaks[index]) }
            for index in analysis.suspects.indices { names.name(&analysis.suspects[index]) }
            for index in analysis.cycles.indices { names.name(&analysis.cycles[index]) }
            return (analysis, counts.contains { $0 > mostRows })
        }
    }

    /// Finds blocks of a scope that are unreachable.
    func leaks(
        of scope: AllocationScope,
        _ options: MemScope.AnalysisOptions
    ) throws(HeapAnalysisError) -> ScopeLeaks {
        let finding = try scan(options, isKept: false)
        var leaks = finding.leaks(of: scope)
        var cycles = finding.cycles.filter { !$0.isReachable }
        withNames { names in
            for index in leaks.indices { names.name(&leaks[index]) }
            for index in cycles.indices { names.name(&cycles[index]) }
        }
        return ScopeLeaks(
            leaks: leaks,
            cycles: cycles,
            hasSuspects: finding.hasSuspects(of: scope),
            settlesAfter: finding.settlesAfter(of: scope)
        )
    }

    /// Maps all call stacks with the same names to one of them.
    func representative(of site: UInt32, _ names: MetadataStore) -> UInt32 {
        equalSites.withLock { $0.representative(of: site, stack: names.stack(ofSite:)) }
    }

    /// The call stacks that grow steadily, without their names.
    func growingLeaks(in finding: HeapFinding?, _ names: MetadataStore) -> [MemScope.HeapAnalysis.Leak] {
        growth.leaks(in: finding?.analysis.graph, names) { representative(of: $0, names) }
    }

    func scan(_ options: MemScope.AnalysisOptions, isKept: Bool) throws(HeapAnalysisError) -> HeapFinding {
        try graph.scan(isKept: isKept, isLast: options.isLast) { (known) throws(HeapAnalysisError) in
            let outcome = withNames { names in
                let analysis = HeapScanAnalysis(
                    options: options,
                    names: names,
                    suppressions: .fromEnvironment,
                    representative: { self.representative(of: $0, names) }
                )
                return Result { () throws(HeapAnalysisError) in try analysis.finding(known: known) }
            }
            return try outcome.get()
        }
    }
}
