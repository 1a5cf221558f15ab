public import Testing
internal import Tracking

/// Expects that nothing is lost of what some code allocates.
///
/// Afterwards the whole heap is searched, and what the code allocated and nothing reaches any more is an issue of the
/// current test, with the types, the call stacks and the retain cycles.
///
/// ```swift
/// @Test func closing() async {
///     await expectNoLeaks {
///         let window = Window()
///         await window.close()
///     }
/// }
/// ```
///
/// Other tests may run at the same time: blocks are told apart by their Swift task. Those of child tasks and of
/// unstructured tasks (`Task { }`) count as well; those of detached tasks, of threads and of dispatch queues do not.
///
/// - Parameters:
///   - comment: What to say with the issue.
///   - sourceLocation: Where the issue is.
///   - body: The code. What it returns is no leak, but is what the caller keeps of it.
/// - Returns: What the code returns.
/// - Throws: What the code throws; leaks are looked for then, too.
@discardableResult
public func expectNoLeaks<Result>(
    _ comment: @autoclosure () -> Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Result
) async rethrows -> Result {
    guard let scope = LeakCheck.scope(at: sourceLocation) else { return try await body() }
    do {
        let result = try await DeadFrames.behindRoom { try await scope.run(body) }
        AllocationScope.wipeStack()
        await LeakCheck.check(scope, comment: comment(), at: sourceLocation)
        return result
    } catch {
        AllocationScope.wipeStack()
        await LeakCheck.check(scope, comment: comment(), at: sourceLocation)
        throw error
    }
}

// Disfavoured: async code has the other one for closures that are not async, too, as `await expectNoLeaks { … }`.

/// Expects that nothing is lost of what some code allocates; for code that is not async.
///
/// - Parameters:
///   - comment: What to say with the issue.
///   - sourceLocation: Where the issue is.
///   - body: The code. What it returns is no leak, but is what the caller keeps of it.
/// - Returns: What the code returns.
/// - Throws: What the code throws; leaks are looked for then, too.
@_disfavoredOverload
@discardableResult
public func expectNoLeaks<Result>(
    _ comment: @autoclosure () -> Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Result
) rethrows -> Result {
    guard let scope = LeakCheck.scope(at: sourceLocation) else { return try body() }
    defer {
        AllocationScope.wipeStack()
        LeakCheck.check(scope, comment: comment(), at: sourceLocation)
    }
    return try scope.run(body)
}
