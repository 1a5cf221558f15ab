internal import CHTTP
internal import Glibc

/// One thread waits, others wake it; they need not have the same descriptor table.
@safe final class Semaphore: Sendable {
    // `nonisolated(unsafe)`: the pointer is written once, and any thread may post and wait.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func signal() {
        unsafe sem_post(semaphore)
    }

    /// Waits for a signal, and consumes it.
    func wait() {
        while unsafe sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// The same, but at most until a time on the monotonic clock, in nanoseconds.
    func wait(until time: UInt64) {
        unsafe mscope_http_semaphore_wait(semaphore, time)
    }
}
