import MemscopeTesting
import Synchronization
import Testing

/// What leaks in these tests, each in its own way.
private enum Lost {
    final class Parent { var child: Child? }
    final class Child { var parent: Parent? }
    final class Thing { var number = 1 }
    final class Button {
        var onTap: (() -> Void)?
        var taps = 0
    }

    /// A pointer that was left on some stack may hide one or two of them, never all.
    static let copies = 20

    @inline(never) static func tieCycle() {
        for _ in 0..<copies {
            let parent = Parent()
            parent.child = Child()
            parent.child?.parent = parent
        }
    }

    @inline(never) static func loseRetain() {
        for _ in 0..<copies { _ = unsafe Unmanaged.passRetained(Thing()) }
    }

    @inline(never) static func tieClosure(step: Int) {
        for _ in 0..<copies {
            let button = Button()
            button.onTap = { button.taps += step }
        }
    }

    @inline(never) static func nothing() -> Int {
        let parent = Parent()
        parent.child = Child()
        return [1, 2, 3].map { $0 * 2 }.reduce(0, +)
    }
}

/// How many blocks a text says were leaked, if their bytes are so many each.
private func leaked(_ text: String?, bytesEach: Int) -> Int {
    guard let words = text?.split(whereSeparator: \.isWhitespace), let at = words.firstIndex(of: "leaked"),
        at + 3 < words.count, let count = Int(words[at + 1]), Int(words[at + 3]) == count * bytesEach
    else { return 0 }
    return count
}

/// The texts of the issues that some code records.
private func issues(_ body: @Sendable () async throws -> Void) async rethrows -> [String] {
    let texts = Mutex<[String]>([])
    try await withKnownIssue(isIntermittent: true) {
        try await body()
    } matching: { issue in
        texts.withLock { $0.append(issue.comments.map(\.rawValue).joined(separator: "\n")) }
        return true
    }
    return texts.withLock { $0 }
}

// One after the other: a stack that another test left a pointer on would hide what is lost.
@Suite("expectNoLeaks", .serialized)
struct ExpectNoLeaksTests {
    @Test("says which cycle was lost, and where to break it")
    func cycle() async throws {
        let texts = await issues { await expectNoLeaks("two of a kind") { Lost.tieCycle() } }
        let text = try #require(texts.first)
        #expect(texts.count == 1)
        #expect(text.hasPrefix("two of a kind\nleaked "))
        #expect((2...40).contains(leaked(text, bytesEach: 24)))
        #expect(text.contains("retain cycle: "))
        #expect(text.contains("Lost.Parent.child -> ") && text.contains("Lost.Child.parent -> "))
        #expect(text.contains("break it at "))
        #expect(text.contains("ExpectNoLeaksTests.swift:"))
        #expect(text.contains("tieCycle"))
    }

    @Test("says nothing of cycles that were lost before")
    func earlierCycle() async throws {
        let earlier = await issues { await expectNoLeaks { Lost.tieClosure(step: 2) } }
        let later = await issues {
            await expectNoLeaks {
                for _ in 0..<Lost.copies {
                    let button = Lost.Button()
                    button.onTap = { button.taps += 1 }
                }
            }
        }
        #expect(try #require(earlier.first).contains("retain cycle: "))
        #expect(try #require(later.first).split(separator: "\n").count { $0.contains("retain cycle: ") } == 1)
    }

    @Test("says what was lost without a cycle")
    func retain() async throws {
        let texts = await issues { await expectNoLeaks { Lost.loseRetain() } }
        let text = try #require(texts.first)
        #expect((1...20).contains(leaked(text, bytesEach: 24)))
        #expect(text.contains("Lost.Thing") && text.contains("passRetained"))
        #expect(!text.contains("retain cycle"))
    }

    @Test("sees closures")
    func closure() async throws {
        let texts = await issues { await expectNoLeaks { Lost.tieClosure(step: 2) } }
        #expect(try #require(texts.first).contains("Lost.Button.onTap -> closure context ("))
    }

    @Test("passes what leaks nothing, and returns what it returns")
    func clean() async throws {
        let texts = await issues {
            let sum = await expectNoLeaks { Lost.nothing() }
            let kept = await expectNoLeaks { Lost.Thing() }
            #expect(sum == 12 && kept.number == 1)
        }
        #expect(texts == [])
    }

    @Test("looks after async code, in its frames as well")
    func asynchronous() async throws {
        let texts = await issues {
            await expectNoLeaks {
                for _ in 0..<Lost.copies {
                    let parent = Lost.Parent()
                    parent.child = Lost.Child()
                    await Task.yield()
                    parent.child?.parent = parent
                    await Task.yield()
                }
            }
        }
        #expect((2...40).contains(leaked(texts.first, bytesEach: 24)))
    }

    @Test("counts child tasks and unstructured tasks as the test's own")
    func otherTasks() async throws {
        let texts = await issues {
            await expectNoLeaks {
                async let one: Void = Lost.tieCycle()
                await withTaskGroup { group in group.addTask { Lost.loseRetain() } }
                await Task { Lost.loseRetain() }.value
                await one
            }
        }
        // More than any one of the three loses.
        #expect((41...80).contains(leaked(texts.first, bytesEach: 24)))
    }

    @Test("looks when the code throws, too")
    func throwing() async throws {
        struct Failure: Error {}
        let texts = await issues {
            await #expect(throws: Failure.self) {
                try await expectNoLeaks {
                    Lost.tieCycle()
                    throw Failure()
                }
            }
        }
        #expect(texts.count == 1)
    }

    @Test("works in tests that are not async")
    func synchronous() throws {
        let texts = Mutex<[String]>([])
        withKnownIssue {
            expectNoLeaks { Lost.tieCycle() }
        } matching: { issue in
            texts.withLock { $0.append(issue.comments.map(\.rawValue).joined()) }
            return true
        }
        #expect((2...40).contains(leaked(texts.withLock { $0 }.first, bytesEach: 24)))
        expectNoLeaks { _ = Lost.nothing() }
    }

    @Test("tells apart what runs at the same time")
    func parallel() async throws {
        let texts = await withTaskGroup { group in
            for number in 0..<6 {
                group.addTask { (number, await Self.loseOrNot(number)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for number in 0..<6 {
            let found = try #require(texts[number])
            guard number % 2 == 0 else {
                #expect(found == [])
                continue
            }
            #expect((1...400).contains(leaked(found.first, bytesEach: 24)))
        }
    }

    /// Even numbers lose objects, between which others run.
    private static func loseOrNot(_ number: Int) async -> [String] {
        await issues {
            await expectNoLeaks {
                for _ in 0..<20 {
                    if number % 2 == 0 { Lost.loseRetain() } else { _ = Lost.nothing() }
                    await Task.yield()
                }
            }
        }
    }

    @Test("does not see what detached tasks lose")
    func detached() async {
        let texts = await issues {
            await expectNoLeaks { await Task.detached { Lost.loseRetain() }.value }
        }
        #expect(texts == [])
    }

    @Test("is no pass where the process has made more tasks than can be told apart")
    func manyTasks() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<1100 {
                await withTaskGroup { group in
                    for _ in 0..<1000 { group.addTask { _ = [UInt8](repeating: 1, count: 100) } }
                }
            }
            let texts = await issues { await expectNoLeaks { _ = Lost.nothing() } }
            #expect(texts.count == 1)
            #expect(texts.first?.contains("more tasks than it can tell apart") == true)
        }
    }
}
