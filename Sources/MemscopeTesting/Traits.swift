public import Testing
internal import Tracking

/// Expects that no test allocates blocks that become unreachable, for a test or for each test of a suite: see
/// ``Testing/Trait/noLeaks``.
public struct NoLeaksTrait: TestTrait, SuiteTrait, TestScoping {
    /// Whether the tests of a suite inherit the trait; always true.
    public var isRecursive: Bool { true }

    /// Runs a test, then searches for its leaks and records them as an issue.
    ///
    /// - Parameters:
    ///   - test: The test.
    ///   - testCase: The test case; nil for a suite.
    ///   - function: Runs the test.
    /// - Throws: The error of the test.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await expectNoLeaks(sourceLocation: test.sourceLocation, function)
    }
}

/// Limits the allocations of a test, or of each test of a suite: see ``Testing/Trait/maxAllocations(_:)`` and
/// ``Testing/Trait/maxLiveBytes(_:)``.
public struct AllocationLimitTrait: TestTrait, SuiteTrait, TestScoping {
    enum Limit: Sendable {
        case allocations(Int)
        case liveBytes(Int)
    }

    let limit: Limit
    let place: SourceLocation

    /// Whether the tests of a suite inherit the trait; always true.
    public var isRecursive: Bool { true }

    /// Runs a test, then compares its allocations with the limit and records an issue when they exceed it.
    ///
    /// - Parameters:
    ///   - test: The test.
    ///   - testCase: The test case; nil for a suite.
    ///   - function: Runs the test.
    /// - Throws: The error of the test.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil, let scope = LeakCheck.scope(at: place, counts: true) else { return try await function() }
        defer { check(scope) }
        try await scope.run(function)
    }

    private func check(_ scope: AllocationScope) {
        let counts = scope.counts
        switch limit {
        case .allocations(let most) where counts.allocations > UInt64(max(most, 0)):
            let text = "made \(counts.allocations) allocations of \(counts.allocatedBytes) bytes, more than \(most)"
            Issue.record(Comment(rawValue: text), sourceLocation: place)
        case .liveBytes(let most) where counts.peakLiveBytes > UInt64(max(most, 0)):
            let text = "had \(counts.peakLiveBytes) bytes at once, more than \(most)"
            Issue.record(Comment(rawValue: text), sourceLocation: place)
        default: LeakCheck.checkTasks(of: scope, "count allocations", at: place)
        }
    }
}

extension Trait where Self == NoLeaksTrait {
    /// Expects that no block that the test allocates is unreachable when the test ends, as
    /// ``expectNoLeaks(_:sourceLocation:_:)`` does.
    public static var noLeaks: Self { Self() }
}

extension Trait where Self == AllocationLimitTrait {
    /// Expects that the test makes at most this many allocations.
    ///
    /// All allocations of the test's task, and of the tasks that it makes, count, even if the block is freed later.
    /// swift-testing itself makes some on behalf of the test: a few for each test, a few dozen for each `#expect` that
    /// fails.
    ///
    /// - Parameters:
    ///   - count: The largest accepted number of allocations.
    ///   - sourceLocation: The source location of the issue.
    /// - Returns: The trait.
    public static func maxAllocations(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) -> Self {
        Self(limit: .allocations(count), place: sourceLocation)
    }

    /// Expects that at no time more than this many bytes, of all that the test allocated, are live.
    ///
    /// Blocks that existed before the test do not count. Frees by other tasks and threads do.
    ///
    /// - Parameters:
    ///   - bytes: The largest accepted number of live bytes.
    ///   - sourceLocation: The source location of the issue.
    /// - Returns: The trait.
    public static func maxLiveBytes(_ bytes: Int, sourceLocation: SourceLocation = #_sourceLocation) -> Self {
        Self(limit: .liveBytes(bytes), place: sourceLocation)
    }
}
