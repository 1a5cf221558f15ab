import Synchronization
import Testing

private let found = Mutex(0)
private let missed = Mutex<[String]>([])

/// Expects the leak of a test: the issue that says so is none.
struct MustFail: TestTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let isFound = Mutex(false)
        try await withKnownIssue(isIntermittent: true) {
            try await function()
        } matching: { issue in
            guard issue.comments.contains(where: { $0.rawValue.contains("leaked ") }) else { return false }
            isFound.withLock { $0 = true }
            return true
        }
        if isFound.withLock({ $0 }) {
            found.withLock { $0 += 1 }
        } else {
            missed.withLock { $0.append(test.name) }
        }
    }
}

/// Lets two leaks of 76 go unseen: a word that is left over somewhere may hold a single block.
struct FewMisses: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await function()
        let unseen = missed.withLock { $0 }
        print("found \(found.withLock { $0 }) leaks, missed \(unseen)")
        #expect(found.withLock { $0 } + unseen.count == 76)
        #expect(unseen.count <= 2)
    }
}
