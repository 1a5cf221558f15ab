internal import CHTTP
internal import CMemscope
internal import Glibc
internal import Synchronization

/// A thread of MemScope's own: marked internal, so that its blocks are counted apart,
/// and deaf to the program's signals.
struct ServerThread: Sendable {
    private let handle: pthread_t

    /// Starts it.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes; shown by `ps -L` and debuggers.
    ///   - body: What it does.
    /// - Throws: `system` when the process has as many threads as it may.
    init(name: String, body: @escaping @Sendable () -> Void) throws(MemscopeServerError) {
        let started = Semaphore()
        let box = unsafe Unmanaged.passRetained(Body(name: name, started: started, run: body))
        var blocked = sigset_t()
        var previous = sigset_t()
        unsafe sigfillset(&blocked)
        // A fault is raised by the instruction itself: blocked, it would end the process
        // without its handler, hence without the program's backtrace.
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { unsafe sigdelset(&blocked, fault) }
        // Before the thread exists: it inherits the mask and can never run a handler.
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        var handle = pthread_t()
        var attributes = pthread_attr_t()
        setStack(of: &attributes)
        let result = unsafe pthread_create(&handle, &attributes, enterThread, box.toOpaque())
        unsafe pthread_attr_destroy(&attributes)
        unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
        guard result == 0 else {
            unsafe box.release()
            errno = result
            throw systemError("pthread_create", "the server could not start its thread \(name)")
        }
        // libc ends the process when it cannot set up a thread: the program may be about to lose system calls.
        started.wait()
        self.handle = handle
    }

    /// Runs `body` on a thread with descriptors of its own, which the threads that it starts share, and waits for it.
    ///
    /// Where the system refuses those, they are among the program's.
    static func apart<Value: Sendable>(
        _ body: @escaping @Sendable () throws(MemscopeServerError) -> Value
    ) throws(MemscopeServerError) -> Value {
        let outcome = Outcome<Value>()
        let thread = try ServerThread(name: "memscope-start") {
            _ = mscope_leave_descriptors()
            let result = Result { () throws(MemscopeServerError) in try body() }
            outcome.value.withLock { $0 = result }
        }
        thread.join()
        return try outcome.value.withLock { $0! }.get()
    }

    /// Makes 2 among descriptors of our own what it is among the program's by now.
    static func followStandardError() {
        mscope_follow_standard_error()
    }

    func join() {
        pthread_join(handle, nil)
    }

    /// Leaves it alone: it ends by itself, and nobody waits for it.
    func detach() {
        pthread_detach(handle)
    }
}

private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, MemscopeServerError>?>(nil)
}

private final class Body: Sendable {
    let name: String
    let started: Semaphore
    let run: @Sendable () -> Void
    /// Whether the starting thread's descriptors, which the new one shares, are not the program's.
    let isApart = mscope_descriptors_are_apart()

    init(name: String, started: Semaphore, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.started = started
        self.run = run
    }
}

/// What we need, whatever the program's threads have (`ulimit -s`): a program may have all of it locked (`mlockall`).
private func setStack(of attributes: inout pthread_attr_t) {
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, 2 << 20)
}

private func enterThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    mscope_thread_mark_internal()
    let body = unsafe Unmanaged<Body>.fromOpaque(context!).takeRetainedValue()
    unsafe mscope_http_name_thread(body.name)
    // A thread of the program's may keep ld.so's lock; one that a forked child does not have may do so for ever.
    if mscope_fork_generation() == 0 { mscope_http_make_thread_storage() }
    mscope_thread_joins_descriptors(body.isApart)
    body.started.signal()
    body.run()
    mscope_thread_leave()
    return nil
}
