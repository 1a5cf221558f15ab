public import MemscopeAnalysis
public import Tracking

extension MemScope {
    /// Scans the whole heap and finds leaks and retain cycles.
    ///
    /// It needs no server. The program is paused only while the process is copied, about 20 ms per GiB of memory in
    /// use, and, when some blocks seem unreachable, while the registers of its threads are read. The call itself takes
    /// longer and blocks the calling thread: about a second per million blocks.
    ///
    /// ```swift
    /// let analysis = try MemScope.analyze()
    /// for leak in analysis.leaks where leak.kind != .growth {
    ///     print("\(leak.count) \(leak.type), \(leak.bytes) bytes: \(leak.reason)")
    /// }
    /// ```
    ///
    /// - Parameter options: Limits on memory and time.
    /// - Returns: The findings; keeping them does not change the findings of later calls.
    /// - Throws: ``HeapAnalysisError``, with the reason and the remedy: when not every block is known (in the modes
    ///   `sampled` and `off`), when another scan is under way, when a limit was reached, or when the system forbids it.
    public static func analyze(_ options: AnalysisOptions = AnalysisOptions()) throws(HeapAnalysisError) -> HeapAnalysis
    {
        try CaptureCore.asOwnThread { () throws(HeapAnalysisError) in
            try HeapObserver.current.analyze(options)
        }
    }

    /// Scans the whole heap and finds leaks and retain cycles.
    ///
    /// It does the same as the call that is not async, but on one of MemScope's own threads: the calling task waits,
    /// without blocking a thread of the program.
    ///
    /// - Parameter options: Limits on memory and time.
    /// - Returns: The findings; keeping them does not change the findings of later calls.
    /// - Throws: ``HeapAnalysisError``, as the call that is not async; with the code
    ///   ``HeapAnalysisError/Code/outOfMemory`` also when the system refuses a thread.
    public static func analyze(
        _ options: AnalysisOptions = AnalysisOptions()
    ) async throws(HeapAnalysisError) -> HeapAnalysis {
        let outcome: Result<HeapAnalysis, HeapAnalysisError> = await withCheckedContinuation { waiting in
            do throws(MemscopeServerError) {
                let thread = try ServerThread(name: "memscope-scan") {
                    let found = Result { () throws(HeapAnalysisError) in try HeapObserver.current.analyze(options) }
                    waiting.resume(returning: found)
                }
                thread.detach()
            } catch {
                waiting.resume(
                    returning: .failure(
                        HeapAnalysisError(code: .outOfMemory, reason: error.message, remedy: "run fewer threads")
                    )
                )
            }
        }
        return try outcome.get()
    }
}

extension MemScope {
    /// Finds blocks of a scope that are unreachable.
    ///
    /// - Parameters:
    ///   - scope: The scope whose blocks are reported.
    ///   - ignoresOwnStack: Whether no frame on the calling thread's stack holds a block of the scope.
    /// - Returns: The findings; blocks that something outside of the scope still holds are not reported.
    /// - Throws: ``HeapAnalysisError``, as ``analyze(_:)`` does.
    package static func leaks(
        of scope: AllocationScope,
        ignoresOwnStack: Bool = false
    ) throws(HeapAnalysisError) -> ScopeLeaks {
        var options = AnalysisOptions()
        options.ignoresOwnStack = ignoresOwnStack
        options.ignoredRunner = "libTesting.so"
        options.scope = scope
        return try CaptureCore.asOwnThread { () throws(HeapAnalysisError) in
            try HeapObserver.current.leaks(of: scope, options)
        }
    }
}
