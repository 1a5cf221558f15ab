internal import Glibc
internal import MemscopeAnalysis
internal import MemscopeRender
internal import Synchronization
internal import Tracking

/// Scans the heap when the process ends, on a thread that waits for the end from the start.
///
/// The thread that ends the process may hold any lock, so it does none of this itself: see `exit.c`.
enum Reporter {
    /// The longest delay of the end of a small process, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    /// The additional delay for each live block: four times its cost on an otherwise idle processor.
    private static let patiencePerBlock: UInt64 = 3_000
    /// The additional delay for each call stack of a live block, likewise: its functions must be named.
    private static let patiencePerStack: UInt64 = 200_000

    /// The largest number of rows in each list: with their stacks, 1,000 rows have some 20 MB.
    private static let mostRows = 1_000

    private static let settings = ReportSettings(complain: complain)
    /// When the run began, on the wall clock, which is also used for the times of files.
    private static let startedAt = wallClock() - (ReportRun.age(asking: environment("MEMSCOPE_REPORT")) ?? 0)

    /// Starts the thread if the environment asks for it.
    ///
    /// - Precondition: This copy of MemScope tracks the program's allocations.
    static func startFromEnvironment() {
        guard let settings, start() else { return }
        _ = startedAt
        // Reads the suppressions at once, so that a missing file is reported at the start and not only at the end.
        _ = LeakSuppressions.fromEnvironment
        ProcessEnd.watch(
            timeout: patience,
            signals: settings.path != nil || settings.printsErrors,
            startInChild: settings.isPerProcess ? { CaptureCore.asOwnThread { Reporter.start() } } : nil
        )
    }

    private static func start() -> Bool {
        do throws(MemscopeServerError) {
            _ = try ServerThread(name: "memscope-report") {
                guard let settings else { return }
                ProcessEnd.reported(status: report(ProcessEnd.wait(), settings))
            }
            return true
        } catch {
            complain("\(error.message); there will be no report")
            return false
        }
    }

    /// Returns the exit status; nil for the program's own.
    private static func report(_ end: ProcessEnd, _ settings: ReportSettings) -> Int32? {
        let observer = HeapObserver.current
        // Without a collector, no other thread measures MemScope's own memory and the peaks.
        if !observer.hasCollector.load(ordering: .acquiring) { CaptureCore.tick() }
        let began = CaptureCore.now
        if CaptureCore.checkTotals().canSweep { CaptureCore.checkHeap() }
        if settings.printsErrors { observer.printErrors() }
        var status = CaptureCore.errorCount > 0 ? settings.errorStatus : nil
        guard settings.path != nil || settings.leakStatus != nil else { return status }
        let findings = findings(observer, settings)
        if status == nil, case .analysis(let analysis, _) = findings, analysis.summary.unreachableBlocks > 0 {
            status = settings.leakStatus
        }
        if let template = settings.path {
            let errors = observer.errorValues(exitBegan: began)
            let summary = observer.summaryValues(asksAllocator: false)
            let values = ReportValues(end: end, summary: summary, findings: findings, errors: errors)
            write(WireFormat.report(values, in: observer.envelope()), to: template)
        }
        return status
    }

    private static func findings(_ observer: HeapObserver, _ settings: ReportSettings) -> ReportValues.Findings {
        let totals = CaptureCore.totals()
        let patience = patience + totals.program.liveBlocks * patiencePerBlock
        let naming = min(totals.program.liveBlocks, totals.sites) * patiencePerStack
        ProcessEnd.putOff(nanoseconds: patience + naming)
        var options = MemScope.AnalysisOptions()
        // The rest of the time is for naming and for writing the file.
        options.timeout = .nanoseconds(patience / 10 * 7)
        options.isLast = true
        do throws(HeapAnalysisError) {
            let (analysis, isCut) = try observer.analyze(options, mostRows: mostRows)
            return .analysis(analysis, isCut: isCut)
        } catch {
            if settings.leakStatus != nil { complain("MEMSCOPE_LEAK_EXITCODE has no effect: \(error.message)") }
            return .unavailable(reason: error.reason, remedy: error.remedy)
        }
    }

    private static func wallClock() -> UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    private static func write(_ report: [UInt8], to template: String) {
        let path = replacingPID(in: template)
        switch ReportFile.write(report, to: path, since: startedAt) {
        case .written: break
        case .elsewhere(let other):
            complain(
                "MEMSCOPE_REPORT is '\(template)', where another process has written meanwhile: "
                    + "this report is \(other); {PID} in the name gives each its own"
            )
        case .failed(let problem):
            complain("MEMSCOPE_REPORT is '\(template)': \(path) cannot be written (\(problem))")
        }
    }
}
