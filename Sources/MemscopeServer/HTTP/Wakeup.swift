internal import CHTTP
internal import CMemscope
internal import Glibc
internal import Tracking

/// An eventfd: the server thread polls it, and threads with the same descriptor table use it to wake that thread.
final class Wakeup: Sendable {
    let descriptor: Int32
    private let generation = ForkGeneration()
    private let isApart = mscope_descriptors_are_apart()

    init() throws(MemscopeServerError) {
        descriptor = mscope_http_eventfd()
        guard descriptor >= 0 else { throw systemError("eventfd", "the server could not start") }
        mscope_close_in_child(descriptor)
    }

    deinit {
        // A forked child has closed it already, and a separate descriptor table ends with its threads. The last
        // reference may be released on a thread of the program; in its table, the number may be another file's.
        guard !isApart, generation.isCurrent, descriptor >= 0 else { return }
        mscope_forget_descriptor(descriptor)
        close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Consumes all signals that were given so far.
    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }
}
