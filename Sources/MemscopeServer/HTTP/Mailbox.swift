internal import Synchronization

/// Messages from other threads to the server thread, and the one message in the other direction: whether the server
/// started.
final class Mailbox: Sendable {
    struct Mail {
        var finished: [(exchange: Int, response: EncodedResponse)] = []
        var isStopping = false
    }

    let wakeup: Wakeup
    private let mail = Mutex(Mail())
    private let started = Semaphore()
    private let isStarted = Mutex(false)

    init() throws(MemscopeServerError) {
        wakeup = try Wakeup()
    }

    func reportStart(_ succeeded: Bool) {
        isStarted.withLock { $0 = succeeded }
        started.signal()
    }

    /// Waits for the report of the server thread.
    func waitForStart() -> Bool {
        started.wait()
        return isStarted.withLock { $0 }
    }

    /// The worker delivers the answer to a heavy request.
    func deliver(_ response: EncodedResponse, to exchange: Int) {
        mail.withLock { $0.finished.append((exchange, response)) }
        wakeup.signal()
    }

    /// The worker tells the server thread to stop, as the last thing that it does.
    func stop() {
        mail.withLock { $0.isStopping = true }
        wakeup.signal()
    }

    func take() -> Mail {
        wakeup.clear()
        return mail.withLock { mail in
            defer { mail.finished = [] }
            return mail
        }
    }
}
