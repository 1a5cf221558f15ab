public import MemscopeAnalysis
public import Tracking

extension MemScope {
    /// Looks at the whole heap and says what leaked, and which retain cycles there are.
    ///
    /// It needs no server. The program is paused only while the process is copied, about 20 ms per GiB of memory in
    /// use, and, where something looks lost, while the registers of its threads are read. The call itself takes longer
    /// and blocks the calling thread: about a second per million blocks.
    ///
    /// ```swift
    /// let analysis = try MemScope.analyze()
    /// for leak in analysis.leaks where leak.kind != .growth {
    ///     print("\(leak.count) \(leak.type), \(leak.bytes) bytes: \(leak.reason)")
    /// }
    /// ```
    ///
    /// - Parameter options: Limits on memory and time.
    /// - Returns: What was found; keeping it does not change what later calls find.
    /// - Throws: ``HeapAnalysisError``, naming the obstacle and the remedy: when not every block is known (in the modes
    ///   `sampled` and `off`), when another look is under way, when a limit was reached, when the system forbids it.
    public static func analyze(_ options: AnalysisOptions = AnalysisOptions()) throws(HeapAnalysisError) -> HeapAnalysis
    {
        try CaptureCore.asOwnThread { () throws(HeapAnalysisError) in
            try HeapObserver.current.analyze(options)
        }
    }

    /// Looks at the whole heap and says what leaked, and which retain cycles there are.
    ///
    /// As the call that is not async, on a thread of MemScope's own: the calling task waits, and no thread of the
    /// program's does.
    ///
    /// - Parameter options: Limits on memory and time.
    /// - Returns: What was found; keeping it does not change what later calls find.
    /// - Throws: ``HeapAnalysisError``, as the call that is not async; with the code
    ///   ``HeapAnalysisError/Code/outOfMemory`` also when the system refuses a thread.
    public static func analyze(
        _ options: AnalysisOptions = AnalysisOptions()
    ) async throws(HeapAnalysisError) -> HeapAnalysis {
        let outcome: Result<HeapAnalysis, HeapAnalysisError> = await withCheckedContinuation { waiting in
            do throws(MemscopeServerError) {
                let thread = try ServerThread(name: "memscope-look") {
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
    /// Looks for blocks of a scope that are lost.
    ///
    /// - Parameters:
    ///   - scope: Whose blocks.
    ///   - ignoresOwnStack: Whether the calling thread's stack has no frame that may hold one.
    /// - Returns: What was found; nothing is found of blocks that something outside of the scope still holds.
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
