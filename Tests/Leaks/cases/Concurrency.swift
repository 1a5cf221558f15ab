// Tasks, continuations, streams and actors that are never heard of again.
import Dispatch
import Glibc

let concurrencyCases: [(name: String, run: () -> Void)] = [
    ("lost-checked-continuation", LostCheckedContinuation.run),
    ("lost-unsafe-continuation", LostUnsafeContinuation.run),
    ("lost-stored-continuation", LostStoredContinuation.run), ("lost-child-task", LostChildTask.run),
    ("task-holds-self", TaskHoldsSelf.run), ("stream-held-by-consumer", StreamHeldByConsumer.run),
    ("task-awaits-lost-task", TaskAwaitsLostTask.run), ("actor-ring", ActorRing.run),
    ("actor-closure", ActorClosure.run), ("clean-stream-never-read", StreamNeverRead.run),
    ("clean-tasks", CleanTasks.run), ("clean-sleeping-task", SleepingTask.run), ("clean-stream", CleanStream.run),
    ("clean-actors", CleanActors.run), ("clean-held-continuation", HeldContinuation.run),
]

/// Tells that a task got as far as it ever will.
let reached = DispatchSemaphore(value: 0)

/// Waits until the signal came, and for the task behind it to leave its thread.
@inline(never) func settle() {
    reached.wait()
    usleepForThreads()
    clobberPool()
}

@inline(never) func usleepForThreads() {
    let nothing = DispatchSemaphore(value: 0)
    _ = nothing.wait(timeout: .now() + .milliseconds(40))
}

/// The pool's threads still have in their stacks what ran on them.
@inline(never) func clobberPool() {
    let group = DispatchGroup()
    for queue in [DispatchQueue.global(), .global(qos: .userInitiated)] {
        for _ in 0..<8 {
            queue.async(group: group) {
                cases_clobber()
                usleep(2000)
            }
        }
    }
    group.wait()
    usleepForThreads()
}

enum LostCheckedContinuation {
    final class Waiter: Sendable {
        let number = 1
        func wait() async {
            await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in reached.signal() }
            show(number)
        }
    }

    @inline(never) static func start() {
        let waiter = Waiter()
        Task { await waiter.wait() }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

enum LostUnsafeContinuation {
    final class Waiter: Sendable {
        let number = 1
        func wait() async {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in reached.signal() }
            show(number)
        }
    }

    @inline(never) static func start() {
        let waiter = Waiter()
        Task.detached { await waiter.wait() }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

/// Only the frame of the task that waits has the object with its continuation.
enum LostStoredContinuation {
    final class Mailbox: @unchecked Sendable {
        var waiting: CheckedContinuation<Void, Never>?
        var letters = 1
    }

    @inline(never) static func start() {
        Task.detached {
            let mailbox = Mailbox()
            await withCheckedContinuation {
                mailbox.waiting = $0
                reached.signal()
            }
            show(mailbox.letters)
        }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

/// The group's task waits for its child, and the child for what is lost.
enum LostChildTask {
    @inline(never) static func start() {
        Task.detached {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in reached.signal() }
                }
            }
        }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

/// The object keeps the task that keeps it, waiting for what will not come.
enum TaskHoldsSelf {
    final class Poller: @unchecked Sendable {
        var task: Task<Void, Never>?
        func poll() async {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in reached.signal() }
            show(self)
        }
        func start() { task = Task { await self.poll() } }
    }

    @inline(never) static func start() {
        let poller = Poller()
        poller.start()
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

/// Only the consumer could finish the stream that it waits for.
enum StreamHeldByConsumer {
    final class Consumer: @unchecked Sendable {
        let stream: AsyncStream<Int>
        let continuation: AsyncStream<Int>.Continuation
        var sum = 0
        init() { (stream, continuation) = AsyncStream.makeStream() }
        func consume() async {
            for await number in stream {
                sum += number
                reached.signal()
            }
        }
    }

    @inline(never) static func start() {
        let consumer = Consumer()
        consumer.continuation.yield(1)
        Task { await consumer.consume() }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

enum TaskAwaitsLostTask {
    final class Result: Sendable { let number = 1 }

    @inline(never) static func start() {
        let lost = Task<Result, Never> {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in reached.signal() }
            return Result()
        }
        Task {
            reached.signal()
            show(await lost.value)
        }
    }

    @inline(never) static func run() {
        start()
        reached.wait()
        settle()
    }
}

enum ActorRing {
    actor Player {
        var partner: Player?
        func join(_ other: Player) { partner = other }
    }

    @inline(never) static func start() {
        Task.detached {
            let one = Player()
            let other = Player()
            await one.join(other)
            await other.join(one)
            reached.signal()
        }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

enum ActorClosure {
    actor Logger {
        var lines = 0
        var write: (@Sendable (Int) async -> Void)?
        func log(_ count: Int) { lines += count }
        func connect(factor: Int) { write = { await self.log($0 * factor) } }
    }

    @inline(never) static func start() {
        Task.detached {
            let logger = Logger()
            await logger.connect(factor: Int(CommandLine.argc))
            await logger.write?(2)
            reached.signal()
        }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

/// A termination handler that holds its own continuation: the stream lets go of it when nobody can read any more.
enum StreamNeverRead {
    final class Element: Sendable { let number = 1 }

    @inline(never) static func run() {
        let (stream, continuation) = AsyncStream<Element>.makeStream()
        continuation.onTermination = { _ in continuation.finish() }
        for _ in 0..<3 { continuation.yield(Element()) }
        show(stream)
    }
}

enum CleanTasks {
    final class Part: Sendable { let number: Int; init(_ number: Int) { self.number = number } }

    @inline(never) static func work() async {
        let sum = await withTaskGroup(of: Part.self) { group in
            for number in 0..<20 { group.addTask { Part(number) } }
            return await group.reduce(0) { $0 + $1.number }
        }
        async let one = Part(sum)
        let resumed = await withCheckedContinuation { $0.resume(returning: Part(2)) }
        await show((one, resumed))
        reached.signal()
    }

    @inline(never) static func run() {
        Task { await work() }
        settle()
    }
}

enum SleepingTask {
    final class Sleeper: Sendable {
        let number = 1
        func sleep() async {
            reached.signal()
            try? await Task.sleep(for: .seconds(3600))
            show(number)
        }
    }

    @inline(never) static func start() {
        let sleeper = Sleeper()
        Task { await sleeper.sleep() }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}

enum CleanStream {
    final class Element: Sendable { let number: Int; init(_ number: Int) { self.number = number } }

    @inline(never) static func run() {
        let (stream, continuation) = AsyncStream<Element>.makeStream()
        Task {
            var sum = 0
            for await element in stream { sum += element.number }
            show(sum)
            reached.signal()
        }
        for number in 0..<100 { continuation.yield(Element(number)) }
        continuation.finish()
        settle()
    }
}

enum CleanActors {
    actor Account {
        var balance = 0
        weak var other: Account?
        func add(_ amount: Int) { balance += amount }
        func link(_ account: Account) { other = account }
    }

    @inline(never) static func run() {
        Task {
            let one = Account()
            let other = Account()
            await one.link(other)
            await other.link(one)
            await withTaskGroup { group in
                for amount in 0..<50 { group.addTask { await one.add(amount) } }
            }
            await show(one.balance)
            reached.signal()
        }
        settle()
    }
}

/// Whoever has the continuation can still resume the task.
enum HeldContinuation {
    final class Waiter: Sendable { let number = 1 }
    nonisolated(unsafe) static var continuation: UnsafeContinuation<Void, Never>?

    @inline(never) static func start() {
        Task.detached {
            let waiter = Waiter()
            await withUnsafeContinuation {
                continuation = $0
                reached.signal()
            }
            show(waiter)
        }
    }

    @inline(never) static func run() {
        start()
        settle()
    }
}
