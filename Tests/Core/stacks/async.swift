// Allocations inside async functions, after real suspensions: the physical stack is gone,
// the callers are in the async contexts. Each function is kept out of line so that its
// symbol is a caller to be found.

import Glibc

struct Failure: Error {}

@inline(never) func suspend() async {
    await Task.yield()
}

@inline(never) func nestedLeaf(_ test: String) async -> Int {
    await suspend()
    callers_expect(callers_allocate(100), test, "nestedLeaf nestedMiddle nestedOuter")
    return 1
}

@inline(never) func nestedMiddle(_ test: String) async -> Int {
    await suspend()
    let value = await nestedLeaf(test)
    await suspend()
    return value + 1
}

@inline(never) func nestedOuter(_ test: String) async -> Int {
    let value = await nestedMiddle(test)
    await suspend()
    callers_expect(callers_allocate(101), "the outer function's own block after its awaits", "nestedOuter")
    return value + 1
}

@inline(never) func throwingLeaf() async throws -> Int {
    await suspend()
    callers_expect(callers_allocate(102), "a throwing async function", "throwingLeaf throwingOuter")
    throw Failure()
}

@inline(never) func throwingOuter() async throws -> Int {
    await suspend()
    return try await throwingLeaf() + 1
}

@inline(never) func genericLeaf<T: Sendable>(_ value: T) async -> T {
    await suspend()
    callers_expect(callers_allocate(103), "a generic async function", "genericLeaf genericOuter")
    return value
}

@inline(never) func genericOuter<T: Sendable>(_ value: T) async -> [T] {
    await suspend()
    return [await genericLeaf(value)]
}

@inline(never) func callsClosure(_ closure: @Sendable () async -> Int) async -> Int {
    await suspend()
    return await closure() + 1
}

@inline(never) func closureOuter() async -> Int {
    let base = Int.random(in: 1...2)
    return await callsClosure {
        await suspend()
        callers_expect(callers_allocate(104), "an async closure", "closureOuter callsClosure closureOuter")
        return base
    }
}

actor Counter {
    var value = 0

    @inline(never) func increase() async -> Int {
        await suspend()
        value += 1
        callers_expect(callers_allocate(105), "an actor's method", "increase actorOuter")
        return value
    }
}

@inline(never) func actorOuter() async -> Int {
    let counter = Counter()
    await suspend()
    return await counter.increase() + 1
}

@inline(never) func groupLeaf(_ number: Int) async -> Int {
    await suspend()
    callers_expect(callers_allocate(106), "a task group's child", "groupLeaf groupOuter")
    return number
}

@inline(never) func groupOuter() async -> Int {
    await withTaskGroup(of: Int.self) { group in
        for number in 0..<20 {
            group.addTask { await groupLeaf(number) + 1 }
        }
        var sum = 0
        for await value in group { sum += value }
        return sum
    }
}

@inline(never) func letLeaf(_ number: Int) async -> Int {
    await suspend()
    callers_expect(callers_allocate(107), "an async let", "letLeaf letOuter")
    return number
}

@inline(never) func letOuter() async -> Int {
    async let a = letLeaf(1)
    async let b = letLeaf(2)
    return await a + b
}

@inline(never) func synchronousLeaf(_ test: String) {
    callers_expect(callers_allocate(108), test, "synchronousLeaf synchronousMiddle mixedOuter mixedOutermost")
}

nonisolated(unsafe) var calls = 0

// Counts after the call, which so is no tail call.
@inline(never) func synchronousMiddle(_ test: String) {
    synchronousLeaf(test)
    calls += 1
}

@inline(never) func mixedOuter() async {
    synchronousMiddle("synchronous functions before the first suspension")
    await suspend()
    synchronousMiddle("synchronous functions after a suspension")
    await suspend()
    synchronousMiddle("synchronous functions after two suspensions")
}

@inline(never) func mixedOutermost() async -> Int {
    await mixedOuter()
    await suspend()
    return 1
}

@inline(never) func deepLeaf(_ depth: Int) async -> Int {
    await suspend()
    if depth == 0 {
        let names = "deepLeaf deepLeaf deepLeaf deepLeaf deepLeaf deepLeaf deepLeaf deepLeaf deepLeaf deepOuter"
        callers_expect(callers_allocate(109), "eight levels of async recursion", names)
        return 0
    }
    return await deepLeaf(depth - 1) + 1
}

@inline(never) func deepOuter() async -> Int {
    await deepLeaf(8) + 1
}

@inline(never) func veryDeep(_ depth: Int) async -> Int {
    if depth == 0 {
        await suspend()
        callers_expect(callers_allocate(110), "three hundred levels do no harm", "veryDeep veryDeep veryDeep")
        return 0
    }
    return await veryDeep(depth - 1) + 1
}

@inline(never) func streamOuter() async -> Int {
    let stream = AsyncStream<Int> { continuation in
        for number in 0..<3 { continuation.yield(number) }
        continuation.finish()
    }
    var sum = 0
    for await number in stream {
        callers_expect(callers_allocate(111), "the body of a for await loop", "streamOuter")
        sum += number
    }
    return sum
}

@inline(never) func continuationOuter() async -> Int {
    let value = await withCheckedContinuation { continuation in
        callers_expect(callers_allocate(112), "the body of a continuation", "continuationOuter")
        continuation.resume(returning: 3)
    }
    callers_expect(callers_allocate(113), "after a continuation", "continuationOuter continuationOutermost")
    return value
}

@inline(never) func continuationOutermost() async -> Int {
    await continuationOuter() + 1
}

@MainActor @inline(never) func isolatedLeaf() async -> Int {
    await suspend()
    callers_expect(callers_allocate(114), "a main actor's function called from elsewhere", "isolatedLeaf isolatedOuter")
    return 1
}

@concurrent @inline(never) func isolatedOuter() async -> Int {
    await suspend()
    return await isolatedLeaf() + 1
}

@inline(never) func throughExistential(_ runner: any Runner) async -> Int {
    await runner.run() + 1
}

protocol Runner: Sendable {
    func run() async -> Int
}

final class ClassRunner: Runner {
    @inline(never) func run() async -> Int {
        await suspend()
        callers_expect(callers_allocate(115), "a method through a witness table", "ClassRunner throughExistential")
        return 1
    }
}

func outsideOfTasks(_ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
    var thread = pthread_t()
    pthread_create(&thread, nil, body, nil)
    pthread_join(thread, nil)
}

@main struct Main {
    static func main() async {
        // The first of all, since the core asks for tasks only from the first one's making on.
        callers_expect_task(callers_allocate(117), "the first block of the first task is that task's", 1)
        outsideOfTasks { _ in
            callers_expect_task(callers_allocate(118), "a thread without a task has none", 0)
            return nil
        }
        var sum = await nestedOuter("nested async functions over several awaits")
        sum += (try? await throwingOuter()) ?? 1
        sum += await genericOuter("text").count + genericOuter(7).count
        sum += await closureOuter() + actorOuter() + groupOuter() + letOuter()
        sum += await mixedOutermost() + deepOuter() + veryDeep(300) + streamOuter()
        sum += await continuationOutermost() + isolatedOuter() + throughExistential(ClassRunner())
        let detached = Task.detached { await nestedOuter("nested functions in a detached task") }
        sum += await detached.value
        callers_expect(callers_allocate(116), "the end of an async main", "Main")
        exit(sum > 10 ? callers_result() : 1)
    }
}
