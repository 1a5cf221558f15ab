public import Testing
internal import Tracking

/// Expects that all that some code allocates is freed or stays reachable.
///
/// After the code has run, the whole heap is scanned. Blocks that the code allocated and that are unreachable are
/// recorded as an issue of the current test, with their types, call stacks and retain cycles.
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
/// Other tests may run at the same time, because each block is assigned to the Swift task that allocated it. Blocks of
/// child tasks and of unstructured tasks (`Task { }`) count as well; those of detached tasks, of threads and of
/// dispatch queues do not.
///
/// - Parameters:
///   - comment: A comment that is added to the issue.
///   - sourceLocation: The source location of the issue.
///   - body: The code to check. Its result is still held, so it is no leak.
/// - Returns: The result of the code.
/// - Throws: The error of the code; leaks are searched for in this case too.
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

// Disfavoured, so that async code uses the other overload even for closures that are not async, as in `await
// expectNoLeaks { … }`.

/// Expects that all that some code allocates is freed or stays reachable; for code that is not async.
///
/// - Parameters:
///   - comment: A comment that is added to the issue.
///   - sourceLocation: The source location of the issue.
///   - body: The code to check. Its result is still held, so it is no leak.
/// - Returns: The result of the code.
/// - Throws: The error of the code; leaks are searched for in this case too.
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
