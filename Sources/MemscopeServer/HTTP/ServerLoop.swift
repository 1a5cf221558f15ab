internal import CHTTP
internal import CMemscope
internal import Glibc

/// Owns libmicrohttpd and drives it from one thread: polls, runs it, resumes connections
/// that have something to send, and ends those that are too slow.
@safe final class ServerLoop {
    let gate: RequestGate
    let hub: EventHub
    let worker: HeavyWorker
    let mailbox: Mailbox
    /// By the address of libmicrohttpd's connection.
    var connections: [UInt: ClientConnection] = [:]
    /// Suspended until the worker is done.
    var waiting: [Int: Exchange] = [:]
    var streams: [Int: EventStream] = [:]
    private var lastExchange = 0
    private var daemon: OpaquePointer?
    private var pollDescriptor: Int32 = -1

    init(gate: RequestGate, hub: EventHub, worker: HeavyWorker, mailbox: Mailbox) {
        self.gate = gate
        self.hub = hub
        self.worker = worker
        self.mailbox = mailbox
    }

    /// Takes over the listening socket; false when libmicrohttpd refuses.
    func start(listeningOn socket: Int32) -> Bool {
        let limits = gate.limits
        // Twice the header limit, so that a head somewhat over it gets our answer and
        // there is room for the header fields of the response. Idle connections get two
        // seconds more than our own deadline, which has an answer for them.
        let daemon = unsafe mscope_http_start(
            socket, UInt32(limits.connections), UInt32(limits.requestSeconds + 2), 2 * limits.headerBytes,
            serverCallbacks, Unmanaged.passUnretained(self).toOpaque())
        guard let daemon = unsafe daemon else { return false }
        unsafe self.daemon = daemon
        pollDescriptor = unsafe mscope_http_poll_descriptor(daemon)
        mscope_close_in_child(pollDescriptor)
        hub.attach(mailbox.wakeup)
        return true
    }

    /// Serves until the mailbox says stop, then closes everything.
    func run(listeningOn socket: Int32) {
        while true {
            waitForWork()
            let mail = mailbox.take()
            for (id, response) in mail.finished { finish(id, with: response) }
            if mail.isStopping { break }
            let now = monotonicNow()
            for stream in streams.values { stream.feed(now: now, heartbeatSeconds: gate.limits.heartbeatSeconds) }
            unsafe MHD_run(daemon)
            for connection in connections.values { connection.enforce(gate.limits, now: now) }
        }
        close(listeningSocket: socket)
    }

    func makeExchange(connection: ClientConnection, target: String?) -> Exchange {
        lastExchange += 1
        return Exchange(id: lastExchange, connection: connection, target: target)
    }

    private func waitForWork() {
        let listeners = streams.values.filter(\.isSuspended)
        var sockets = [
            pollfd(fd: pollDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // libmicrohttpd does not watch suspended connections, so a client that left would
        // hold its place until a write fails.
        sockets += listeners.map { pollfd(fd: $0.connection.socket, events: Int16(MSCOPE_HTTP_HANG_UP), revents: 0) }
        _ = unsafe poll(&sockets, nfds_t(sockets.count), timeoutMilliseconds())
        for (socket, stream) in zip(sockets.dropFirst(2), listeners) where socket.revents != 0 { stream.end() }
    }

    private func timeoutMilliseconds() -> Int32 {
        // Nobody there: sleep until a client comes.
        guard !connections.isEmpty else { return -1 }
        var timeout: UInt64 = 0
        let isSet = unsafe MHD_get_timeout(daemon, &timeout) == .YES
        return isSet ? Int32(min(timeout, 1000)) : 1000
    }

    private func close(listeningSocket: Int32) {
        hub.detach()
        // libmicrohttpd aborts the process when it is stopped with suspended connections.
        for stream in streams.values { stream.end() }
        for exchange in waiting.values { unsafe MHD_resume_connection(exchange.connection.handle) }
        waiting = [:]
        mscope_forget_descriptor(pollDescriptor)
        mscope_forget_descriptor(listeningSocket)
        unsafe MHD_stop_daemon(daemon)
        unsafe daemon = nil
    }
}
