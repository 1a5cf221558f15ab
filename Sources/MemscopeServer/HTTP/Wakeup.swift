internal import CHTTP
internal import CMemscope
internal import Glibc
internal import Tracking

/// An eventfd: the server thread polls it, and threads that share its descriptors wake it.
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
        // A forked child has closed it already, and a table of our own ends with its threads. The last to hold this may
        // be a thread of the program's, where the number is another file's.
        guard !isApart, generation.isCurrent, descriptor >= 0 else { return }
        mscope_forget_descriptor(descriptor)
        close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Takes all signals given so far.
    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }
}
