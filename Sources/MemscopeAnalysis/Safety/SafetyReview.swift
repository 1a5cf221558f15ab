package import Tracking

/// The findings of all detectors in one list, and the coverage of each detector.
package struct SafetyReview: Sendable {
    /// The results of the detectors.
    package struct Input: Sendable {
        package var errors: [MemoryError] = []
        package var checks: CheckTotals
        package var totals: Totals
        /// The last scan of the heap; nil when there was none yet.
        package var heap: Heap?
        /// The call stacks that grow; nil when there are not enough readings yet.
        package var growth: [MemScope.HeapAnalysis.Leak]?
        package var mode: MemScope.Mode

        package init(checks: CheckTotals, totals: Totals, mode: MemScope.Mode) {
            self.checks = checks
            self.totals = totals
            self.mode = mode
        }
    }

    /// The findings of a scan of the heap.
    package struct Heap: Sendable {
        package var scan: MemScope.HeapAnalysis.Scan
        package var leaks: [MemScope.HeapAnalysis.Leak]
        package var cycles: [MemScope.HeapAnalysis.Cycle]

        package init(
            scan: MemScope.HeapAnalysis.Scan,
            leaks: [MemScope.HeapAnalysis.Leak],
            cycles: [MemScope.HeapAnalysis.Cycle]
        ) {
            self.scan = scan
            self.leaks = leaks
            self.cycles = cycles
        }
    }

    /// In any order.
    package let findings: [SafetyFinding]
    package let detectors: [DetectorState]

    package init(_ input: Input) {
        var findings = input.errors.map { SafetyFinding($0, checks: input.checks) }
        if let heap = input.heap {
            findings += heap.leaks.filter { $0.kind == .direct }.map { SafetyFinding(leak: $0, scan: heap.scan) }
            findings += heap.cycles.map { SafetyFinding(cycle: $0, scan: heap.scan) }
        }
        let liveBytes = input.totals.program.liveBytes
        findings += (input.growth ?? []).map { SafetyFinding(growth: $0, liveBytes: liveBytes) }
        findings += SafetyFinding.records(input.totals)
        findings += SafetyFinding.stacks(input.totals)
        self.findings = findings
        detectors = SafetyFinding.Detector.allCases.map { DetectorState($0, input) }
    }

    /// 0...100; it only reflects what the detectors that ran can find.
    package var score: Int { SafetyScore.score(of: findings) }
    /// Whether every detector had full coverage.
    package var isComplete: Bool { detectors.allSatisfy { $0.coverage == .complete } }
}
