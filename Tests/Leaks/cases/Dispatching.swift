// Queues, sources and work items.
import Dispatch
import Glibc

let dispatchCases: [(name: String, run: () -> Void)] = [
    ("source-never-activated", SourceNeverActivated.run), ("work-item-holds-self", WorkItemHoldsSelf.run),
    ("timer-and-its-queue", TimerAndQueue.run), ("group-notification", GroupNotification.run),
    ("suspended-queue", SuspendedQueue.run), ("ten-timers", TenTimers.run),
    ("running-timer", RunningTimer.run), ("clean-cancelled-timer", CancelledTimer.run),
    ("clean-pending-work", PendingWork.run), ("clean-queues", CleanQueues.run),
    ("read-source", ReadSource.run), ("lost-read-source", LostSources.read),
    ("lost-signal-source", LostSources.signal), ("lost-group", LostGroup.run),
]

/// The handler holds what holds the source; dispatch has not seen it yet.
enum SourceNeverActivated {
    final class Ticker {
        let source = DispatchSource.makeTimerSource(queue: .global())
        var ticks = 0
        init() {
            source.schedule(deadline: .now() + 3600, repeating: 3600)
            source.setEventHandler { self.ticks += 1 }
        }
    }

    @inline(never) static func run() {
        show(Ticker())
    }
}

enum WorkItemHoldsSelf {
    final class Saver {
        var item: DispatchWorkItem?
        var saves = 0
        func prepare() { item = DispatchWorkItem { self.saves += 1 } }
    }

    @inline(never) static func run() {
        let saver = Saver()
        saver.prepare()
        show(saver)
    }
}

/// Two objects, two handlers: the one for its end holds too.
enum TimerAndQueue {
    final class Poller {
        let queue = DispatchQueue(label: "poller")
        var source: (any DispatchSourceTimer)?
        func arm() {
            let source = DispatchSource.makeTimerSource(queue: queue)
            source.setCancelHandler { show(self) }
            self.source = source
        }
    }

    @inline(never) static func run() {
        let poller = Poller()
        poller.arm()
        show(poller)
    }
}

/// What a group that is never left has to tell holds the group.
enum GroupNotification {
    final class Batch {
        let group = DispatchGroup()
        func begin() {
            group.enter()
            group.notify(queue: .global()) { show(self) }
        }
    }

    @inline(never) static func run() {
        let batch = Batch()
        batch.begin()
        show(batch)
    }
}

/// Work that waits in a queue, which is never resumed, holds the owner of the queue.
enum SuspendedQueue {
    final class Writer: @unchecked Sendable {
        let queue = DispatchQueue(label: "writer")
        func write() {
            queue.suspend()
            queue.async { show(self) }
            queue.async { show(2) }
        }
    }

    @inline(never) static func run() {
        let writer = Writer()
        writer.write()
        show(writer)
    }
}

enum TenTimers {
    @inline(never) static func run() {
        for _ in 0..<10 { show(SourceNeverActivated.Ticker()) }
    }
}

/// Nothing of the program holds it, but dispatch does; and until it is cancelled it holds itself.
enum RunningTimer {
    final class Ticker {
        let source = DispatchSource.makeTimerSource(queue: .global())
        var ticks = 0
        init() {
            source.schedule(deadline: .now() + 3600, repeating: 3600)
            source.setEventHandler { self.ticks += 1 }
            source.activate()
        }
    }

    @inline(never) static func run() {
        show(Ticker())
        usleepForThreads()
        clobberPool()
    }
}

enum CancelledTimer {
    final class Ticker: @unchecked Sendable {
        let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "timer"))
        var ticks = 0
        init() {
            source.schedule(deadline: .now(), repeating: .milliseconds(1))
            source.setEventHandler {
                self.ticks += 1
                if self.ticks == 3 { self.source.cancel() }
            }
            source.setCancelHandler { reached.signal() }
            source.activate()
        }
    }

    @inline(never) static func run() {
        show(Ticker())
        settle()
    }
}

enum PendingWork {
    final class Reminder: Sendable {
        let number = 1
    }

    @inline(never) static func schedule() {
        let reminder = Reminder()
        DispatchQueue.global().asyncAfter(deadline: .now() + 3600) { show(reminder.number) }
        let item = DispatchWorkItem { show((reminder.number, 2)) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 7200, execute: item)
    }

    @inline(never) static func run() {
        schedule()
        usleepForThreads()
        clobberPool()
    }
}

enum CleanQueues {
    final class Counter: @unchecked Sendable {
        let queue = DispatchQueue(label: "counter")
        var count = 0
        func add() { queue.async { self.count += 1 } }
        var value: Int { queue.sync { count } }
    }

    @inline(never) static func count() {
        let counter = Counter()
        let group = DispatchGroup()
        for _ in 0..<50 { DispatchQueue.global().async(group: group) { counter.add() } }
        group.wait()
        show(counter.value)
        let item = DispatchWorkItem { show(counter.value) }
        item.notify(queue: .global()) { reached.signal() }
        item.perform()
    }

    @inline(never) static func run() {
        count()
        settle()
    }
}

/// Never activated: nobody but the listener knows the source.
enum LostSources {
    final class Listener: @unchecked Sendable { var source: (any DispatchSourceProtocol)? }

    @inline(never) static func read() {
        lose(DispatchSource.makeReadSource(fileDescriptor: cases_silent_descriptor()))
    }
    @inline(never) static func signal() { lose(DispatchSource.makeSignalSource(signal: SIGUSR2)) }

    @inline(never) private static func lose(_ source: any DispatchSourceProtocol) {
        let listener = Listener()
        listener.source = source
        source.setEventHandler { show(listener) }
        show(listener)
    }
}

/// Entered and never left, and nobody has the group any more.
enum LostGroup {
    final class Batch {}

    @inline(never) static func run() {
        let batch = Batch()
        let group = DispatchGroup()
        group.enter()
        group.notify(queue: .global()) { show(batch) }
    }
}

enum ReadSource {
    final class Listener: @unchecked Sendable {
        let source: any DispatchSourceRead
        var bytes = 0
        init(descriptor: Int32) {
            source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
            source.setEventHandler { self.bytes += 1 }
            source.resume()
        }
    }

    @inline(never) static func run() {
        // Of a pipe that nobody writes to.
        show(Listener(descriptor: cases_silent_descriptor()))
        usleepForThreads()
        clobberPool()
    }
}
