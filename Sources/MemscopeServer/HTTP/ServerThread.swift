internal import CHTTP
internal import CMemscope
internal import Glibc
internal import Synchronization

/// One of MemScope's own threads: it is marked internal, so that its blocks are counted separately, and it blocks the
/// program's signals.
struct ServerThread: Sendable {
    private let handle: pthread_t

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes; shown by `ps -L` and debuggers.
    ///   - body: The code that the thread runs.
    /// - Throws: `system` when the process cannot have more threads.
    init(name: String, body: @escaping @Sendable () -> Void) throws(MemscopeServerError) {
        let started = Semaphore()
        let box = unsafe Unmanaged.passRetained(Body(name: name, started: started, run: body))
        var blocked = sigset_t()
        var previous = sigset_t()
        unsafe sigfillset(&blocked)
        // A fault is raised by the instruction itself: if it were blocked, it would end the process without the
        // program's handler, and so without a backtrace.
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { unsafe sigdelset(&blocked, fault) }
        // The mask is set before the thread exists: the thread inherits it and can never run a handler.
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
        // libc ends the process when it cannot set up a thread, and the program may be about to lose system calls: so
        // the setup must finish first.
        started.wait()
        self.handle = handle
    }

    /// Runs `body` on a thread with a descriptor table of its own, and waits for it.
    ///
    /// The threads that `body` starts share this table. When the system refuses a separate table, the descriptors are
    /// in the program's.
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

    /// Lets descriptor 2 in MemScope's own table refer to the same file as descriptor 2 in the program's table.
    static func followStandardError() {
        mscope_follow_standard_error()
    }

    func join() {
        pthread_join(handle, nil)
    }

    /// Detaches the thread: it ends by itself, and no thread joins it.
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
    /// Whether the starting thread, and so the new one, has a descriptor table of its own instead of the program's.
    let isApart = mscope_descriptors_are_apart()

    init(name: String, started: Semaphore, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.started = started
        self.run = run
    }
}

/// Sets a fixed stack size, independent of the program's limit (`ulimit -s`); a program may have all memory locked
/// (`mlockall`).
private func setStack(of attributes: inout pthread_attr_t) {
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, 2 << 20)
}

private func enterThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    mscope_thread_mark_internal()
    let body = unsafe Unmanaged<Body>.fromOpaque(context!).takeRetainedValue()
    unsafe mscope_http_name_thread(body.name)
    // A thread of the program may hold ld.so's lock; in a forked child that does not have this thread, the lock is held
    // for ever.
    if mscope_fork_generation() == 0 { mscope_http_make_thread_storage() }
    mscope_thread_joins_descriptors(body.isApart)
    body.started.signal()
    body.run()
    mscope_thread_leave()
    return nil
}
