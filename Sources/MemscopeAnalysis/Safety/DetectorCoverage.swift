import Tracking

// The coverage of each detector: no findings from a detector that did not run do not mean that there are no defects.

extension DetectorState {
    init(_ detector: SafetyFinding.Detector, _ input: SafetyReview.Input) {
        switch detector {
        case .errors: self = .errors(input)
        case .leaks, .cycles: self = .heap(detector, input.heap?.scan)
        case .growth: self = .growth(input)
        case .records, .stacks: self.init(detector, .complete)
        }
    }

    private static func errors(_ input: SafetyReview.Input) -> DetectorState {
        let remedy = "set MEMSCOPE_CHECKS=full, or pages, and start the program again"
        if input.checks.mode == .off {
            let reason = "MEMSCOPE_CHECKS is off: of all memory errors only bad frees are noticed"
            return DetectorState(.errors, .partial, reason: reason, remedy: remedy)
        }
        if input.checks.mode == .sampled {
            let reason = """
                bad frees are noticed always, accesses to a wrong place only where the block is one of about \
                1 in \(input.checks.guarded.rate) that are guarded
                """
            return DetectorState(.errors, .partial, reason: reason, remedy: remedy)
        }
        if input.checks.mode == .full {
            let reason = """
                reads of a wrong place are noticed only if the program follows a pointer it read from a freed block; \
                writes are found by what they left
                """
            return DetectorState(
                .errors,
                .partial,
                reason: reason,
                remedy: "set MEMSCOPE_CHECKS=pages and start the program again"
            )
        }
        let reason = "on the side that MEMSCOPE_GUARD_SIDE did not choose, reads go unnoticed"
        return DetectorState(.errors, .partial, reason: reason, remedy: "run once with each MEMSCOPE_GUARD_SIDE")
    }

    private static func heap(
        _ detector: SafetyFinding.Detector,
        _ scan: MemScope.HeapAnalysis.Scan?
    ) -> DetectorState {
        guard let scan else {
            let reason = "the heap was not scanned yet, or too long ago"
            return DetectorState(detector, .notRun, reason: reason, remedy: "POST /api/leakscan")
        }
        if scan.hasUnknownHeap {
            let reason = "blocks were allocated while tracking was off: what they hold counts as held"
            return DetectorState(
                detector,
                .partial,
                reason: reason,
                remedy: "track from the start, with MEMSCOPE_MODE=full"
            )
        }
        guard scan.threadsLeft > 0 else { return DetectorState(detector, .complete) }
        let threads = "\(scan.threadsLeft) of \(scan.threads) threads"
        let reason = "registers of \(threads) were not read: what seemed unreachable is suspect"
        return DetectorState(detector, .partial, reason: reason, remedy: "scan again")
    }

    private static func growth(_ input: SafetyReview.Input) -> DetectorState {
        guard input.growth != nil else {
            let reason = "it needs a minute of warm-up and two of readings, taken while the server runs"
            return DetectorState(.growth, .notRun, reason: reason, remedy: "ask again later")
        }
        guard input.mode == .full else {
            let reason = "call stacks are not measured in mode \(input.mode.rawValue)"
            return DetectorState(.growth, .partial, reason: reason, remedy: "POST /api/mode {\"mode\":\"full\"}")
        }
        return DetectorState(.growth, .complete)
    }
}
