internal import CMemscope
internal import Glibc
internal import Synchronization
internal import Tracking

/// The thread that looks once a second: it keeps the timeline and empties the rings.
final class Collector: Sendable {
    private let thread: ServerThread
    private let wakeup: Wakeup
    private let isStopping: Flag
    private let generation = mscope_fork_generation()

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    init(_ observer: HeapObserver) throws(MemscopeServerError) {
        let wakeup = try Wakeup(blocking: false)
        let isStopping = Flag()
        thread = try ServerThread(name: "memscope-tick") {
            var next = CaptureCore.now
            while !isStopping.value.load(ordering: .acquiring) {
                observer.tick()
                next = max(next + 1_000_000_000, CaptureCore.now)
                sleep(until: next, or: wakeup)
            }
        }
        self.wakeup = wakeup
        self.isStopping = isStopping
    }

    /// Ends the thread and waits for it.
    ///
    /// Does nothing when called again, or in a forked child, which has none.
    func stop() {
        // A thread is joined once.
        guard mscope_fork_generation() == generation, !isStopping.value.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        wakeup.signal()
        thread.join()
    }
}

/// Seconds stay seconds: the time the work took is not added to the next one.
private func sleep(until time: UInt64, or wakeup: Wakeup) {
    let now = CaptureCore.now
    guard time > now else { return }
    var source = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&source, 1, Int32((time - now) / 1_000_000 + 1))
}
