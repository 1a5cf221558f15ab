internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension HeapObserver {
    /// The part of the collector's work of each second that concerns memory errors.
    func watchErrors() {
        guard errors.tick() else { return }
        if hub.hasListeners {
            let answer = WireFormat.memoryErrors(CaptureCore.checkTotals(), in: envelope())
            hub.publish(event: "memoryerror", data: String(decoding: answer, as: UTF8.self))
        }
        if printsErrorLines { printErrors() }
    }

    /// Prints a line on stderr for each distinct memory error that has none yet.
    func printErrors() {
        let fresh = errors.unprinted()
        guard !fresh.isEmpty else { return }
        for line in withNames({ names in fresh.map { ErrorLine.text(of: names.values(of: $0)) } }) { complain(line) }
    }

    /// All memory errors with their names, and the figures of the checks.
    ///
    /// - Parameter exitBegan: As for `CaptureCore.errors`.
    /// - Returns: The errors in the order in which they were first seen.
    func errorValues(exitBegan: UInt64) -> ReportValues.Errors {
        let errors = CaptureCore.errors(exitBegan: exitBegan)
        return withNames { names in
            ReportValues.Errors(list: errors.map { values(of: $0, names) }, checks: CaptureCore.checkTotals())
        }
    }

    /// The current findings of all detectors; it starts no scan and no sweep.
    func safetyReview() -> SafetyReview {
        var input = SafetyReview.Input(
            checks: CaptureCore.checkTotals(),
            totals: CaptureCore.totals(),
            mode: CaptureCore.mode
        )
        input.errors = CaptureCore.errors()
        let finding = graph.lastKept
        input.heap = finding.map { SafetyReview.Heap(scan: $0.scan, leaks: $0.leaks, cycles: $0.cycles) }
        if growth.isReady { input.growth = withNames { growingLeaks(in: finding, $0) } }
        return SafetyReview(input)
    }

    /// The values of an error; bytes of memory only if the settings allow it.
    func values(of error: MemoryError, _ names: MetadataStore) -> ErrorValues {
        var values = names.values(of: error)
        values.showsContents = settings.showsContents
        return values
    }
}

extension MetadataStore {
    fileprivate func values(of error: MemoryError) -> ErrorValues {
        var values = ErrorValues(error)
        values.type = type(of: error, moduleOfSite: module(ofSite:))
        values.access = witness(error.access)
        values.allocated = witness(error.allocated)
        values.freed = witness(error.freed)
        return values
    }

    private func witness(_ witness: MemoryError.Witness) -> ErrorValues.Witness {
        var values = ErrorValues.Witness()
        if witness.site != 0, let site = CaptureCore.site(witness.site) {
            values.stack = symbolize(stack: site.addresses, at: site.firstSeen)
            values.quality = site.quality
        }
        values.thread = thread(witness.thread)
        return values
    }
}
