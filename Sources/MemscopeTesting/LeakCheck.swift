internal import Glibc
internal import MemscopeServer
internal import Testing
internal import Tracking

/// Searches for the leaks of a scope, and records them as issues of the current test.
enum LeakCheck {
    /// The pause before the next attempt while a dashboard or a test that is not async makes a scan, in microseconds.
    private static let waitMicroseconds: UInt32 = 2000
    /// The largest number of analyses when blocks of the scope are unreachable in one pass and held in another, or are
    /// held by one word of a stack: an old word of an earlier call disappears when the thread runs on, a variable does
    /// not.
    private static let scans = 4
    private static let timeBetweenScans = Duration.milliseconds(5)

    /// A scope for the calling code; records an issue and returns nil when its blocks cannot be distinguished from
    /// others.
    static func scope(at place: SourceLocation, counts: Bool = false) -> AllocationScope? {
        let what = counts ? "count allocations" : "look for leaks"
        guard CaptureCore.isActive else {
            cannot(
                what,
                "the program's allocations do not go through it; leave sanitizers out of this build",
                at: place
            )
            return nil
        }
        guard CaptureCore.mode == .full || CaptureCore.mode == .balanced else {
            let mode = CaptureCore.mode.rawValue
            cannot(what, "in mode \(mode) not every block is known; set MEMSCOPE_MODE=full", at: place)
            return nil
        }
        guard AllocationScope.isInTask, let scope = AllocationScope() else {
            cannot(what, "it tells blocks by their Swift task, and this code runs in none", at: place)
            return nil
        }
        return scope
    }

    /// Records an issue for the leaks of a scope.
    static func check(_ scope: AllocationScope, comment: Comment?, at place: SourceLocation) {
        let outcome = scan(scope)
        guard let wait = outcome.waitForYoung else { return report(outcome, of: scope, comment: comment, at: place) }
        usleep(UInt32(wait / .microseconds(1)))
        report(scan(scope), of: scope, comment: comment, at: place)
    }

    /// The same, but it does not block a thread that other tests may be waiting for.
    static func check(_ scope: AllocationScope, comment: Comment?, at place: SourceLocation) async {
        var outcome = await scanWiped(scope)
        for _ in 1..<scans where outcome.hasSuspectsOnly {
            try? await Task.sleep(for: timeBetweenScans)
            outcome = await scanWiped(scope)
        }
        if let wait = outcome.waitForYoung {
            try? await Task.sleep(for: wait)
            outcome = await scanWiped(scope)
        }
        report(outcome, of: scope, comment: comment, at: place)
    }

    private static func scanWiped(_ scope: AllocationScope) async -> Result<ScopeLeaks, HeapAnalysisError> {
        await DeadFrames.wipe()
        return await Turns.shared.scan(scope)
    }

    /// Lets only one of several parallel tests make a scan at a time.
    ///
    /// The waiting tests must not block a thread: code that ran there before has left pointers under their frames.
    private actor Turns {
        static let shared = Turns()

        /// While an actor's job runs, its thread has no other frames of the program.
        func scan(_ scope: AllocationScope) -> Result<ScopeLeaks, HeapAnalysisError> {
            LeakCheck.scan(scope, ignoresOwnStack: true)
        }
    }

    private static func scan(
        _ scope: AllocationScope,
        ignoresOwnStack: Bool = false
    ) -> Result<ScopeLeaks, HeapAnalysisError> {
        AllocationScope.wipeStack()
        while true {
            do throws(HeapAnalysisError) {
                return .success(try MemScope.leaks(of: scope, ignoresOwnStack: ignoresOwnStack))
            } catch {
                guard error.code == .busy else { return .failure(error) }
                usleep(waitMicroseconds)
            }
        }
    }

    private static func report(
        _ outcome: Result<ScopeLeaks, HeapAnalysisError>,
        of scope: AllocationScope,
        comment: Comment?,
        at place: SourceLocation
    ) {
        switch outcome {
        case .success(let found) where found.leaks.isEmpty: checkTasks(of: scope, "look for leaks", at: place)
        case .success(let found):
            Issue.record(Comment(rawValue: LeakText.describe(found, after: comment)), sourceLocation: place)
        case .failure(let error): cannot("look for leaks", error.message, at: place)
        }
    }

    /// Records an issue when a scope without findings may lack the blocks of some tasks.
    static func checkTasks(of scope: AllocationScope, _ what: String, at place: SourceLocation) {
        guard scope.missesTasks else { return }
        cannot(what, "this process has made more tasks than it can tell apart; run fewer tests in one", at: place)
    }

    /// Records an issue: a test that could not be checked must not pass.
    static func cannot(_ what: String, _ why: String, at place: SourceLocation) {
        Issue.record("MemScope cannot \(what): \(why)", sourceLocation: place)
    }
}

extension Result<ScopeLeaks, HeapAnalysisError> {
    /// Whether another analysis may find more.
    fileprivate var hasSuspectsOnly: Bool {
        if case .success(let found) = self { found.leaks.isEmpty && found.hasSuspects } else { false }
    }

    /// The time until an analysis can find more among objects that refer to themselves; nil when it will not.
    fileprivate var waitForYoung: Duration? {
        if case .success(let found) = self { found.settlesAfter } else { nil }
    }
}
