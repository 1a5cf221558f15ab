internal import CMemscope
internal import Glibc
internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

/// Looks at the heap when the process ends, on a thread that waits for the end from the start.
///
/// The thread that ends the process may hold any lock, so it does none of this itself: see `exit.c`.
enum Reporter {
    /// How long the end is put off at most, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    /// Of these the time for the look at the heap; names and the file need the rest.
    private static let scanPatience: UInt64 = 7_000_000_000

    private static let wishes = ReportWishes(complain: complain)

    /// Starts the thread if the environment asks for it.
    ///
    /// - Precondition: This copy of MemScope tracks.
    static func startFromEnvironment() {
        guard let wishes, start() else { return }
        // Today, while somebody looks: a file that is none is not found out at the end only.
        _ = LeakSuppressions.fromEnvironment
        var options = mscope_end_options()
        options.timeout = patience
        options.signals = wishes.path != nil
        if wishes.isPerProcess { options.start_in_child = { CaptureCore.asOwnThread { Reporter.start() } } }
        unsafe mscope_watch_end(&options)
    }

    private static func start() -> Bool {
        do throws(MemscopeServerError) {
            _ = try ServerThread(name: "memscope-report") {
                guard let wishes else { return }
                let end = mscope_await_end()
                mscope_end_reported(report(ReportValues.End(end), wishes))
            }
            return true
        } catch {
            complain("\(error.message); there will be no report")
            return false
        }
    }

    /// Returns the status to leave with; -1 for the program's own.
    private static func report(_ end: ReportValues.End, _ wishes: ReportWishes) -> Int32 {
        // Without a server nobody measures own memory and peaks.
        if MemScope.runningServer == nil { CaptureCore.tick() }
        let observer = HeapObserver.current
        var options = MemScope.AnalysisOptions()
        options.timeoutNanoseconds = scanPatience
        var status: Int32 = -1
        var findings: ReportValues.Findings
        do throws(HeapAnalysisError) {
            let analysis = try observer.analyze(options)
            if analysis.summary.unreachableBlocks > 0, let wished = wishes.leakStatus { status = wished }
            findings = .analysis(analysis)
        } catch {
            if wishes.leakStatus != nil { complain("MEMSCOPE_LEAK_EXITCODE has no effect: \(error.message)") }
            findings = .unavailable(reason: error.reason, remedy: error.remedy)
        }
        guard let template = wishes.path else { return status }
        let path = replacingPID(in: template)
        let values = ReportValues(end: end, summary: observer.summaryValues(), findings: findings)
        if let problem = ReportFile.write(WireFormat.report(values, in: observer.envelope()), to: path) {
            complain("MEMSCOPE_REPORT is '\(template)': \(path) cannot be written (\(problem))")
        }
        return status
    }
}

extension ReportValues.End {
    fileprivate init(_ end: mscope_end) {
        self =
            switch end.kind {
            case MSCOPE_END_EXIT.rawValue: .exit(status: end.number)
            case MSCOPE_END_AT_ONCE.rawValue: .exitAtOnce(status: end.number)
            case MSCOPE_END_QUICK.rawValue: .quickExit
            default: .signal(end.number)
            }
    }
}
