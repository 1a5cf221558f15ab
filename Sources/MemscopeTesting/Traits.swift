public import Testing
internal import Tracking

/// Expects of a test, or of each test of a suite, that nothing it allocates is lost: see ``Testing/Trait/noLeaks``.
public struct NoLeaksTrait: TestTrait, SuiteTrait, TestScoping {
    /// It is inherited by the tests of a suite.
    public var isRecursive: Bool { true }

    /// Runs a test, then looks for what it lost.
    ///
    /// - Parameters:
    ///   - test: The test.
    ///   - testCase: Its case; a suite has none.
    ///   - function: Runs it.
    /// - Throws: What the test throws.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await expectNoLeaks(sourceLocation: test.sourceLocation, function)
    }
}

/// Limits what a test, or each test of a suite, may allocate: see ``Testing/Trait/maxAllocations(_:)``.
public struct AllocationLimitTrait: TestTrait, SuiteTrait, TestScoping {
    enum Limit: Sendable {
        case allocations(Int)
        case liveBytes(Int)
    }

    let limit: Limit
    let place: SourceLocation

    /// It is inherited by the tests of a suite.
    public var isRecursive: Bool { true }

    /// Runs a test, then compares what it allocated with the limit.
    ///
    /// - Parameters:
    ///   - test: The test.
    ///   - testCase: Its case; a suite has none.
    ///   - function: Runs it.
    /// - Throws: What the test throws.
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
    /// Expects that nothing the test allocates is lost when it ends, as ``expectNoLeaks(_:sourceLocation:_:)`` does.
    public static var noLeaks: Self { Self() }
}

extension Trait where Self == AllocationLimitTrait {
    /// Expects that the test makes no more allocations than this.
    ///
    /// All count that the test's task makes, and the tasks it makes; what is freed again counts as well. swift-testing
    /// itself makes some in the test's name: a few for a test, a few dozen for each `#expect` that fails.
    ///
    /// - Parameters:
    ///   - count: The most that is accepted.
    ///   - sourceLocation: Where the issue is.
    /// - Returns: The trait.
    public static func maxAllocations(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) -> Self {
        Self(limit: .allocations(count), place: sourceLocation)
    }

    /// Expects that the test has at no time more bytes than this of what it allocated.
    ///
    /// What it had before it began does not count; what others free of it does.
    ///
    /// - Parameters:
    ///   - bytes: The most that is accepted.
    ///   - sourceLocation: Where the issue is.
    /// - Returns: The trait.
    public static func maxLiveBytes(_ bytes: Int, sourceLocation: SourceLocation = #_sourceLocation) -> Self {
        Self(limit: .liveBytes(bytes), place: sourceLocation)
    }
}
