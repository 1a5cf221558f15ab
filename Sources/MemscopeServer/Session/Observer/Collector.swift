internal import Synchronization
internal import Tracking

/// The thread that runs once a second: it updates the timeline and empties the rings.
final class Collector: Sendable {
    private let thread: ServerThread
    private let wakeup: Semaphore
    private let isStopping: Flag
    private let observer: HeapObserver
    private let generation = ForkGeneration()

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    init(_ observer: HeapObserver) throws(MemscopeServerError) {
        let wakeup = Semaphore()
        let isStopping = Flag()
        thread = try ServerThread(name: "memscope-tick") {
            var next = CaptureCore.now
            while !isStopping.value.load(ordering: .acquiring) {
                ProcessEnd.endIfOver()
                ServerThread.followStandardError()
                observer.tick()
                // The period is fixed: the duration of the work is not added to the next second.
                next = max(next + 1_000_000_000, CaptureCore.now)
                wakeup.wait(until: next)
            }
        }
        observer.hasCollector.store(true, ordering: .releasing)
        self.observer = observer
        self.wakeup = wakeup
        self.isStopping = isStopping
    }

    /// Ends the thread and waits for it.
    ///
    /// It does nothing when called again, or in a forked child, which has no collector thread.
    func stop() {
        // A thread can be joined only once.
        guard generation.isCurrent, !isStopping.value.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wakeup.signal()
        thread.join()
        observer.hasCollector.store(false, ordering: .releasing)
    }
}
