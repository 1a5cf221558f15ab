import MemscopeTesting
import Synchronization
import Testing

/// Issues of the tests that carry it, which are expected: a test of a trait has to fail.
private struct ExpectsIssue: TestTrait, SuiteTrait, TestScoping {
    let words: [String]
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        let seen = Mutex(0)
        try await withKnownIssue {
            try await function()
        } matching: { issue in
            let text = issue.comments.map(\.rawValue).joined()
            guard words.allSatisfy(text.contains) else { return false }
            seen.withLock { $0 += 1 }
            return true
        }
        #expect(seen.withLock { $0 } == 1)
    }
}

private final class Node { var other: Node? }

@Suite("Traits", .serialized)
struct TraitsTests {
    @inline(never) private static func tie() {
        // A pointer that was left on some stack may hide one of them, not all.
        for _ in 0..<20 {
            let node = Node()
            node.other = Node()
            node.other?.other = node
        }
    }

    @inline(never) private static func allocate(_ count: Int, bytes: Int) -> Int {
        var sum = 0
        for _ in 0..<count { sum += [UInt8](repeating: 1, count: bytes).count }
        return sum
    }

    @Test(
        "noLeaks fails a test that ties a cycle",
        ExpectsIssue(words: ["leaked ", "Node.other -> "]),
        .noLeaks
    )
    func leaks() {
        Self.tie()
    }

    @Test(
        "noLeaks fails an async test that ties a cycle",
        ExpectsIssue(words: ["leaked ", "Node.other -> "]),
        .noLeaks
    )
    func leaksLater() async {
        await Task.yield()
        Self.tie()
        await Task.yield()
    }

    @Test("noLeaks passes a test that loses nothing", .noLeaks)
    func clean() async {
        let node = Node()
        node.other = Node()
        await Task.yield()
        #expect(Self.allocate(10, bytes: 100) == 1000)
    }

    @Test(
        "maxAllocations fails a test that makes more",
        ExpectsIssue(words: ["allocations of", "more than 900"]),
        .maxAllocations(900)
    )
    func tooMany() {
        #expect(Self.allocate(1000, bytes: 64) == 64_000)
    }

    @Test("maxAllocations passes a test that makes less", .maxAllocations(1200))
    func fewEnough() {
        #expect(Self.allocate(1000, bytes: 64) == 64_000)
    }

    @Test(
        "maxLiveBytes fails a test that has more at once",
        ExpectsIssue(words: ["bytes at once", "more than 100000"]),
        .maxLiveBytes(100_000)
    )
    func tooBig() {
        #expect(Self.allocate(1, bytes: 200_000) == 200_000)
    }

    @Test("maxLiveBytes passes a test that has less at once, however much in all", .maxLiveBytes(100_000))
    func smallEnough() {
        #expect(Self.allocate(100, bytes: 50_000) == 5_000_000)
    }

    @Suite("of a suite fail its tests", ExpectsIssue(words: ["leaked ", "Node.other -> "]), .noLeaks)
    struct Inherited {
        @Test("that lose something")
        func leaks() {
            TraitsTests.tie()
        }
    }

    @Suite("of a suite pass its tests", .noLeaks, .maxAllocations(5000))
    struct InheritedClean {
        @Test("that lose nothing")
        func clean() {
            #expect(TraitsTests.allocate(10, bytes: 10) == 100)
        }
    }
}
