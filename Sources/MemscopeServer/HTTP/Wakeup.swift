internal import CHTTP
internal import CMemscope
internal import Glibc

/// An eventfd: one thread sleeps on it, others wake it.
final class Wakeup: Sendable {
    let descriptor: Int32
    private let generation = mscope_fork_generation()

    /// A blocking one sleeps in `wait` until a signal; one that is polled must not.
    init(blocking: Bool) throws(MemscopeServerError) {
        descriptor = mscope_http_eventfd(blocking)
        guard descriptor >= 0 else { throw systemError("eventfd", "the server could not start") }
        mscope_close_in_child(descriptor)
    }

    deinit {
        // A forked child has closed it already, and the number may be another file's.
        guard mscope_fork_generation() == generation, descriptor >= 0 else { return }
        mscope_forget_descriptor(descriptor)
        close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Takes all signals given so far; when blocking, waits for the first.
    func wait() {
        var count: UInt64 = 0
        while unsafe read(descriptor, &count, 8) < 0 && errno == EINTR {}
    }
}
