internal import CHTTP
internal import CMemscope
internal import Glibc

/// Owns the listening socket and libmicrohttpd, and drives both from one thread.
///
/// It accepts clients, hands those with a complete request head to libmicrohttpd, runs libmicrohttpd, resumes
/// connections that have something to send, and ends those that are too slow.
@safe final class ServerLoop {
    let gate: RequestGate
    let hub: EventHub
    let worker: HeavyWorker
    let mailbox: Mailbox
    /// By the address of libmicrohttpd's connection.
    private(set) var connections: [UInt: ClientConnection] = [:]
    /// The clients that libmicrohttpd does not have yet.
    private var arrivals: [Arrival] = []
    /// Whether the process had no free descriptor for the last client.
    private var lacksDescriptors = false
    /// The requests that are suspended until the worker has finished.
    var waiting: [Int: Exchange] = [:]
    /// Those suspended requests whose answer must not be sent before a given time.
    private var late: [(due: UInt64, id: Int, response: EncodedResponse)] = []
    private var lastExchange = 0
    private var daemon: OpaquePointer?
    private var pollDescriptor: Int32 = -1
    private let listener: Int32

    /// Takes over the listening socket, which must be non-blocking.
    init(gate: RequestGate, hub: EventHub, worker: HeavyWorker, mailbox: Mailbox, listeningOn listener: Int32) {
        self.listener = listener
        self.gate = gate
        self.hub = hub
        self.worker = worker
        self.mailbox = mailbox
    }

    /// False when libmicrohttpd cannot be started.
    func start() -> Bool {
        let limits = gate.limits
        // Twice the limit for header fields: the same memory also holds the header fields of the response.
        let daemon = unsafe mscope_http_start(
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
    func run() {
        while true {
            waitForWork()
            let mail = mailbox.take()
            for (id, response) in mail.finished { finish(id, with: response) }
            if mail.isStopping { break }
            let now = monotonicNow()
            answerLate(now: now)
            receiveArrivals(now: now)
            for connection in connections.values { connection.stream?.feed(now: now, limits: gate.limits) }
            unsafe MHD_run(daemon)
            for connection in connections.values { connection.enforce(gate.limits, now: now) }
        }
        close()
    }

    func makeExchange(connection: ClientConnection, target: String?) -> Exchange {
        lastExchange += 1
        return Exchange(id: lastExchange, connection: connection, target: target)
    }

    /// Suspends a request until its answer may be sent.
    func answer(_ exchange: Exchange, with response: EncodedResponse, after milliseconds: Int) {
        late.append((monotonicNow() + UInt64(milliseconds) * 1_000_000, exchange.id, response))
        exchange.phase = .working
        exchange.connection.enter(.working)
        waiting[exchange.id] = exchange
        unsafe MHD_suspend_connection(exchange.connection.handle)
    }

    private func answerLate(now: UInt64) {
        let isOver = isCrowded
        for answer in late where isOver || answer.due <= now { finish(answer.id, with: answer.response) }
        late.removeAll { isOver || $0.due <= now }
    }

    func open(_ handle: OpaquePointer) {
        connections[UInt(bitPattern: handle)] = unsafe ClientConnection(handle: handle)
    }

    func close(_ handle: OpaquePointer) {
        connections.removeValue(forKey: UInt(bitPattern: handle))?.forget()
    }

    /// Accepts clients while there is a place for them, and hands those with a complete head to libmicrohttpd.
    private func receiveArrivals(now: UInt64) {
        while !isCrowded {
            let socket = mscope_http_accept(listener)
            lacksDescriptors = socket < 0 && (errno == EMFILE || errno == ENFILE)
            guard socket >= 0 else { break }
            arrivals.append(Arrival(socket: socket))
        }
        for arrival in arrivals {
            arrival.look(gate.limits, now: now)
            guard arrival.phase == .ready else { continue }
            arrival.handOver()
            _ = unsafe mscope_http_add(daemon!, arrival.socket)
        }
        // Refused clients have no place of their own, and only a few of them may keep a descriptor.
        let refused = arrivals.filter { $0.phase == .refused }
        for arrival in refused.dropLast(gate.limits.connections) { arrival.close() }
        arrivals.removeAll { $0.phase == .gone }
    }

    /// Sleeps until there is something to do.
    private func waitForWork() {
        let watched = connections.values.filter(\.needsWatch)
        // When no client can give way, new clients are not polled for.
        let canAccept = !isCrowded || canGiveWay
        var sockets = [
            pollfd(fd: pollDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: canAccept ? listener : -1, events: Int16(POLLIN), revents: 0),
        ]
        sockets += arrivals.map { pollfd(fd: $0.socket, events: $0.events, revents: 0) }
        sockets += watched.map { pollfd(fd: $0.socket, events: Int16(MSCOPE_HTTP_HANG_UP), revents: 0) }
        _ = unsafe poll(&sockets, nfds_t(sockets.count), timeoutMilliseconds())
        if sockets[2].revents != 0, isCrowded || lacksDescriptors { makeRoom() }
        for (socket, connection) in zip(sockets.dropFirst(3 + arrivals.count), watched) where socket.revents != 0 {
            connection.noteHangUp()
        }
    }

    private var isCrowded: Bool {
        connections.count + arrivals.count { $0.phase != .refused } >= gate.limits.connections
    }

    private var canGiveWay: Bool { idlest != nil }

    /// Ends the connection of the client that has been idle longest, if this is long enough.
    private func makeRoom() {
        if let giveWay = idlest {
            giveWay()
        } else {
            // Without this pause, the loop would use a whole processor until there is room.
            var socket = pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&socket, 1, 20)
        }
    }

    /// The function that ends the client which has been idle longest; nil when no client has been idle for long enough.
    private var idlest: (() -> Void)? {
        let now = monotonicNow()
        var idle: [(time: UInt64, giveWay: () -> Void)] = []
        for arrival in arrivals { arrival.idleTime(at: now).map { idle.append(($0, arrival.giveWay)) } }
        for connection in connections.values {
            connection.idleTime(at: now).map { idle.append(($0, connection.giveWay)) }
        }
        guard let idlest = idle.max(by: { $0.time < $1.time }) else { return nil }
        return idlest.time >= UInt64(gate.limits.crowdedMilliseconds) * 1_000_000 ? idlest.giveWay : nil
    }

    private func timeoutMilliseconds() -> Int32 {
        // There is no client: sleep until one comes.
        guard !connections.isEmpty || !arrivals.isEmpty else { return -1 }
        // The thread that publishes an event may have another descriptor table, and then cannot wake this thread.
        var longest: UInt64 = connections.values.contains { $0.stream != nil } ? 100 : 1000
        if isCrowded { longest = min(longest, UInt64(gate.limits.crowdedMilliseconds)) }
        if arrivals.contains(where: { $0.phase == .partial }) { longest = min(longest, Arrival.lookMilliseconds) }
        if let due = late.map(\.due).min() {
            let now = monotonicNow()
            longest = min(longest, due > now ? (due - now) / 1_000_000 + 1 : 0)
        }
        var timeout: UInt64 = 0
        let isSet = unsafe MHD_get_timeout(daemon, &timeout) == .YES
        return Int32(isSet ? min(timeout, longest) : longest)
    }

    private func close() {
        hub.detach()
        for arrival in arrivals { arrival.close() }
        arrivals = []
        // libmicrohttpd aborts the process when it is stopped while connections are suspended.
        for connection in connections.values { connection.stream?.end() }
        for exchange in waiting.values { unsafe MHD_resume_connection(exchange.connection.handle) }
        waiting = [:]
        mscope_forget_descriptor(pollDescriptor)
        unsafe MHD_stop_daemon(daemon)
        unsafe daemon = nil
        mscope_forget_descriptor(listener)
        _ = Glibc.close(listener)
    }
}
