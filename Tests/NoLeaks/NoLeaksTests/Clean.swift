import Dispatch
import Foundation
import MemscopeTesting
import NoLeaksModels
import Synchronization
import Testing

/// What the process keeps.
private final class Kept: @unchecked Sendable {
    static let all = Kept()

    private let lock = NSLock()
    private var objects: [AnyObject] = []

    func keep(_ object: AnyObject) { lock.withLock { objects.append(object) } }
}

private func sum() async -> Int {
    let node = Node()
    await Task.yield()
    node.next = Node()
    return node.next == nil ? 1 : 2
}

@MainActor private func linkOnMain() { Node().next = Node() }

/// Each test loses nothing, though some go on after their end.
@Suite("Tests that do not leak")
struct Clean {
    @Test(.noLeaks) func nothing() { #expect((0..<10).reduce(0, +) == 45) }

    @Test(.noLeaks) func tree() {
        let holder = Holder()
        holder.tree = .node(.leaf(Holder()), .leaf(Holder()))
    }

    @Test(.noLeaks) func list() {
        let node = Node()
        node.next = Node()
        node.next?.next = Node()
    }

    @Test(.noLeaks) func weakClosure() {
        let button = Button()
        button.onTap = { [weak button] in button?.taps += 1 }
        button.onTap?()
        #expect(button.taps == 1)
    }

    @Test(.noLeaks) func actors() async {
        let first = Hub(), second = Hub()
        await first.link(second)
    }

    @Test(.noLeaks) func actorWithActors() async {
        let registry = Registry()
        await registry.add(Hub())
        #expect(await registry.count() == 1)
    }

    @Test(.noLeaks) func brokenRing() {
        let first = Node(), second = Node()
        first.next = second
        second.next = first
        first.next = nil
    }

    @Test(.noLeaks) func global() { Kept.all.keep(Node()) }

    @Test(.noLeaks) func globalRing() {
        let first = Node(), second = Node()
        first.next = second
        second.next = first
        Kept.all.keep(first)
    }

    @Test(.noLeaks) func strings() {
        let texts = (0..<100).map { "a text with the number \($0) that is long" }
        #expect(texts.count == 100)
    }

    @Test(.noLeaks) func dictionary() {
        var nodes: [String: Node] = [:]
        for number in 0..<100 { nodes["\(number)"] = Node() }
        #expect(nodes.count == 100)
    }

    @Test(.noLeaks) func mainActor() async { await linkOnMain() }

    @Test(.noLeaks) func taskGroup() async {
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await Task.yield()
                    return number
                }
            }
            for await _ in group {}
        }
    }

    @Test(.noLeaks) func childTask() async {
        async let value = sum()
        #expect(await value == 2)
    }

    @Test(.noLeaks) func stream() async {
        let (values, continuation) = AsyncStream<Int>.makeStream()
        Task {
            for number in 0..<5 {
                continuation.yield(number)
                await Task.yield()
            }
            continuation.finish()
        }
        var total = 0
        for await value in values { total += value }
        #expect(total == 10)
    }

    @Test(.noLeaks) func runningTask() {
        let worker = Worker()
        worker.task = Task {
            for _ in 0..<400 {
                worker.count += 1
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test(.noLeaks) func sleepingTask() {
        let worker = Worker()
        Task {
            try? await Task.sleep(for: .seconds(2))
            worker.count += 1
        }
    }

    @Test(.noLeaks) func detachedTask() {
        let worker = Worker()
        Task.detached {
            for _ in 0..<300 {
                worker.count += 1
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test(.noLeaks) func busyDetachedTask() {
        let worker = Worker()
        Task.detached {
            let end = Date().addingTimeInterval(1)
            while Date() < end { worker.count += 1 }
        }
    }

    @Test(.noLeaks) func addressInDetachedTask() {
        let node = Node()
        node.next = Node()
        let address = unsafe UInt(bitPattern: Unmanaged.passRetained(node).toOpaque())
        Task.detached {
            try? await Task.sleep(for: .seconds(3))
            if let pointer = UnsafeRawPointer(bitPattern: address) {
                unsafe Unmanaged<Node>.fromOpaque(pointer).release()
            }
        }
    }

    @Test(.noLeaks) func heldContinuation() async {
        let worker = Worker()
        Kept.all.keep(worker)
        Task { await withCheckedContinuation { worker.continuation = $0 } }
        for _ in 0..<5 { await Task.yield() }
    }

    @Test(.noLeaks) func runningThread() {
        let worker = Worker()
        Thread.detachNewThread {
            let end = Date().addingTimeInterval(2)
            while Date() < end { worker.count += 1 }
        }
    }

    @Test(.noLeaks) func sleepingThread() {
        let worker = Worker()
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 2)
            worker.count += 1
        }
    }

    @Test(.noLeaks) func startedThread() {
        let worker = Worker()
        let thread = Thread {
            Thread.sleep(forTimeInterval: 2)
            worker.count += 1
        }
        thread.start()
    }

    @Test(.noLeaks) func semaphore() {
        let semaphore = DispatchSemaphore(value: 0)
        let worker = Worker()
        Thread.detachNewThread {
            semaphore.wait()
            worker.count += 1
        }
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 1.5)
            semaphore.signal()
        }
    }

    @Test(.noLeaks) func dispatchAfter() {
        let worker = Worker()
        DispatchQueue.global().asyncAfter(deadline: .now() + 2) { worker.count += 1 }
    }

    @Test(.noLeaks) func dispatchAsync() {
        let worker = Worker()
        DispatchQueue.global().async {
            Thread.sleep(forTimeInterval: 1.5)
            worker.count += 1
        }
    }

    @Test(.noLeaks) func pageOfItself() {
        let page = Page()
        page.parent = page
        Kept.all.keep(page)
    }

    @Test(.noLeaks) func serialQueue() {
        let queue = DispatchQueue(label: "clean")
        let worker = Worker()
        queue.async {
            Thread.sleep(forTimeInterval: 1)
            worker.count += 1
        }
        queue.async { worker.count += 1 }
    }

    @Test(.noLeaks) func timerSource() {
        let timer = DispatchSource.makeTimerSource()
        let worker = Worker()
        timer.setEventHandler { worker.count += 1 }
        timer.schedule(deadline: .now(), repeating: 0.01)
        timer.resume()
        Kept.all.keep(timer as AnyObject)
    }

    @Test(.noLeaks) func operation() {
        let queue = OperationQueue()
        let worker = Worker()
        queue.addOperation {
            Thread.sleep(forTimeInterval: 1)
            worker.count += 1
        }
        Kept.all.keep(queue)
    }
}
