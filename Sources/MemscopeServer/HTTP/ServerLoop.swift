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
    private(set) var connections: [UInt: ClientConnection] = [:]
    /// How many connections came and went, ever.
    private var opened = 0
    private var closed = 0
    /// Suspended until the worker is done.
    var waiting: [Int: Exchange] = [:]
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
        // there is room for the header fields of the response.
        let daemon = unsafe mscope_http_start(
            socket,
            UInt32(limits.connections),
            2 * limits.headerBytes,
            serverCallbacks,
            Unmanaged.passUnretained(self).toOpaque()
        )
        guard let daemon = unsafe daemon else { return false }
        unsafe self.daemon = daemon
        pollDescriptor = unsafe mscope_http_poll_descriptor(daemon)
        mscope_close_in_child(pollDescriptor)
        return true
    }

    /// Serves until the mailbox says stop, then closes everything.
    func run(listeningOn socket: Int32) {
        while true {
            let isReady = waitForWork(listeningOn: socket)
            let mail = mailbox.take()
            for (id, response) in mail.finished { finish(id, with: response) }
            if mail.isStopping { break }
            let now = monotonicNow()
            for connection in connections.values { connection.stream?.feed(now: now, limits: gate.limits) }
            runDaemon(isReady: isReady)
            for connection in connections.values { connection.enforce(gate.limits, now: now) }
        }
        close(listeningSocket: socket)
    }

    func makeExchange(connection: ClientConnection, target: String?) -> Exchange {
        lastExchange += 1
        return Exchange(id: lastExchange, connection: connection, target: target)
    }

    func open(_ handle: OpaquePointer) {
        opened += 1
        connections[UInt(bitPattern: handle)] = unsafe ClientConnection(handle: handle)
    }

    func close(_ handle: OpaquePointer) {
        closed += 1
        connections.removeValue(forKey: UInt(bitPattern: handle))?.forget()
    }

    private func runDaemon(isReady: Bool) {
        let (openedBefore, closedBefore) = (opened, closed)
        unsafe MHD_run(daemon)
        // At its limit, or the process', libmicrohttpd stops watching the listening socket. It
        // notices only at the next run that there is room again, and nothing would wake us.
        if closed != closedBefore { unsafe MHD_run(daemon) }
        // A client waits, but the process has no descriptor left for it. Without a pause we
        // would take a whole processor until it has.
        if isReady, opened == openedBefore, connections.isEmpty {
            var socket = pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&socket, 1, 20)
        }
    }

    /// True when libmicrohttpd has something to do.
    private func waitForWork(listeningOn socket: Int32) -> Bool {
        let watched = connections.values.filter(\.needsWatch)
        let idlest = isCrowded ? idlestConnection() : nil
        var sockets = [
            pollfd(fd: pollDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            // At its limit libmicrohttpd does not look at it. Without anyone to give way, neither do we.
            pollfd(fd: idlest == nil ? -1 : socket, events: Int16(POLLIN), revents: 0),
        ]
        sockets += watched.map { pollfd(fd: $0.socket, events: Int16(MSCOPE_HTTP_HANG_UP), revents: 0) }
        _ = unsafe poll(&sockets, nfds_t(sockets.count), timeoutMilliseconds())
        if sockets[2].revents != 0 { idlest?.giveWay() }
        for (socket, connection) in zip(sockets.dropFirst(3), watched) where socket.revents != 0 {
            connection.noteHangUp()
        }
        return sockets[0].revents != 0
    }

    private var isCrowded: Bool { connections.count >= gate.limits.connections }

    /// Whose request has been waited for longest, and long enough to give way to another client.
    private func idlestConnection() -> ClientConnection? {
        let now = monotonicNow()
        let idle = connections.values.compactMap { connection in
            connection.idleTime(at: now).map { (connection: connection, time: $0) }
        }
        guard let idlest = idle.max(by: { $0.time < $1.time }) else { return nil }
        return idlest.time >= UInt64(gate.limits.crowdedMilliseconds) * 1_000_000 ? idlest.connection : nil
    }

    private func timeoutMilliseconds() -> Int32 {
        // Nobody there: sleep until a client comes.
        guard !connections.isEmpty else { return -1 }
        // Who publishes an event may be a thread that has not our descriptors, and cannot wake us.
        var longest: UInt64 = connections.values.contains { $0.stream != nil } ? 100 : 1000
        if isCrowded { longest = min(longest, UInt64(gate.limits.crowdedMilliseconds)) }
        var timeout: UInt64 = 0
        let isSet = unsafe MHD_get_timeout(daemon, &timeout) == .YES
        return Int32(isSet ? min(timeout, longest) : longest)
    }

    private func close(listeningSocket: Int32) {
        hub.detach()
        // libmicrohttpd aborts the process when it is stopped with suspended connections.
        for connection in connections.values { connection.stream?.end() }
        for exchange in waiting.values { unsafe MHD_resume_connection(exchange.connection.handle) }
        waiting = [:]
        mscope_forget_descriptor(pollDescriptor)
        mscope_forget_descriptor(listeningSocket)
        unsafe MHD_stop_daemon(daemon)
        unsafe daemon = nil
    }
}
