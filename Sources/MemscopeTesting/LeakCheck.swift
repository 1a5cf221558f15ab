internal import Glibc
internal import MemscopeServer
internal import Testing
internal import Tracking

/// Looks for what a scope lost, and says so as issues of the current test.
enum LeakCheck {
    /// Until the next try, while a dashboard or a test that is not async looks.
    private static let waitMicroseconds: UInt32 = 2000
    /// How often a scope is looked at whose blocks are lost in one pass and held in another, or held by one word of a
    /// stack: what an earlier call left there goes when the thread goes on, and a variable stays.
    private static let looks = 4
    private static let timeBetweenLooks = Duration.milliseconds(5)

    /// A scope for the calling code; records an issue and returns nil when its blocks could not be told from others.
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

    /// Records an issue for what a scope lost.
    static func check(_ scope: AllocationScope, comment: Comment?, at place: SourceLocation) {
        let outcome = look(scope)
        guard let wait = outcome.waitForYoung else { return report(outcome, of: scope, comment: comment, at: place) }
        usleep(UInt32(wait / .microseconds(1)))
        report(look(scope), of: scope, comment: comment, at: place)
    }

    /// The same, without keeping a thread from other tests that wait for their turn.
    static func check(_ scope: AllocationScope, comment: Comment?, at place: SourceLocation) async {
        var outcome = await lookWiped(scope)
        for _ in 1..<looks where outcome.hasSuspectsOnly {
            try? await Task.sleep(for: timeBetweenLooks)
            outcome = await lookWiped(scope)
        }
        if let wait = outcome.waitForYoung {
            try? await Task.sleep(for: wait)
            outcome = await lookWiped(scope)
        }
        report(outcome, of: scope, comment: comment, at: place)
    }

    private static func lookWiped(_ scope: AllocationScope) async -> Result<ScopeLeaks, HeapAnalysisError> {
        await DeadFrames.wipe()
        return await Turns.shared.look(scope)
    }

    /// Tests that run beside one another look one after the other. Those that wait must not stand on a thread: what ran
    /// there before has left pointers under their frames.
    private actor Turns {
        static let shared = Turns()

        /// A job of a task has no frame of the program's around it on its thread.
        func look(_ scope: AllocationScope) -> Result<ScopeLeaks, HeapAnalysisError> {
            LeakCheck.look(scope, ignoresOwnStack: true)
        }
    }

    private static func look(
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

    /// Records an issue when tasks may be missing from a scope in which nothing was found.
    static func checkTasks(of scope: AllocationScope, _ what: String, at place: SourceLocation) {
        guard scope.missesTasks else { return }
        cannot(what, "this process has made more tasks than it can tell apart; run fewer tests in one", at: place)
    }

    /// What could not be checked is no pass: an issue says so.
    static func cannot(_ what: String, _ why: String, at place: SourceLocation) {
        Issue.record("MemScope cannot \(what): \(why)", sourceLocation: place)
    }
}

extension Result<ScopeLeaks, HeapAnalysisError> {
    /// Whether another look may tell more.
    fileprivate var hasSuspectsOnly: Bool {
        if case .success(let found) = self { found.leaks.isEmpty && found.hasSuspects } else { false }
    }

    /// How long to wait for a look that tells more of objects that refer to themselves.
    fileprivate var waitForYoung: Duration? {
        if case .success(let found) = self { found.settlesAfter } else { nil }
    }
}
