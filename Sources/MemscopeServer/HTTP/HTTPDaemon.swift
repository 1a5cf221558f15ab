internal import Synchronization
internal import Tracking

/// A running HTTP server: two threads and a listening socket, and nothing shared with the program that it runs in.
package final class HTTPDaemon: Sendable {
    private struct Parts: Sendable {
        let socket: ListeningSocket
        let mailbox: Mailbox
        let worker: HeavyWorker
        let serverThread: ServerThread
        let workerThread: ServerThread
    }

    /// The address at which it answers, such as "http://127.0.0.1:9100" or "unix:///run/app.sock".
    package let url: String
    /// The token that clients must send; nil when they need none.
    package let token: AccessToken?
    private let parts: Mutex<Parts?>
    private let generation = ForkGeneration()

    private init(url: String, token: AccessToken?, parts: Parts) {
        self.url = url
        self.token = token
        self.parts = Mutex(parts)
    }

    deinit {
        stop()
    }

    /// The link for the first visit: it contains the token, when there is one.
    package var visitURL: String {
        token.map { "\(url)/?token=\($0.percentEncoded)" } ?? url
    }

    /// Binds and listens, and answers requests from then on; its descriptors are in the descriptor table of the calling
    /// thread.
    ///
    /// - Parameters:
    ///   - configuration: Address, token and limits.
    ///   - router: Answers the requests.
    ///   - hub: The source of the event streams; only one daemon at a time may use it.
    /// - Returns: The daemon; it stops when the last reference to it is released.
    /// - Throws: `addressInUse`, `invalidAddress` or `system`, with the remedy.
    package static func start(
        _ configuration: Configuration,
        router: Router,
        hub: EventHub
    ) throws(MemscopeServerError) -> HTTPDaemon {
        let isLoopback = configuration.address.isLoopback
        let token = if let given = configuration.token { given } else { isLoopback ? nil : AccessToken.random() }
        let socket = try ListeningSocket(configuration.address)
        do throws(MemscopeServerError) {
            let gate = RequestGate(
                hosts: HostPolicy(address: socket.address, names: configuration.allowedHosts),
                token: token,
                cookieName: cookieName(socket.address),
                router: router,
                limits: configuration.limits
            )
            let parts = try startThreads(socket: socket, gate: gate, hub: hub)
            return HTTPDaemon(url: socket.address.url, token: token, parts: parts)
        } catch {
            socket.close()
            throw error
        }
    }

    /// Waits for a heavy request in progress, closes every connection and joins both threads.
    ///
    /// May be called again. It does nothing in a forked child, which has no server. It must not be called by a route.
    package func stop() {
        guard generation.isCurrent else { return }
        let parts = parts.withLock { parts in
            defer { parts = nil }
            return parts
        }
        guard let parts else { return }
        parts.worker.stop()
        parts.workerThread.join()
        parts.serverThread.join()
        parts.socket.removeFile()
    }

    private static func startThreads(
        socket: ListeningSocket,
        gate: RequestGate,
        hub: EventHub
    ) throws(MemscopeServerError) -> Parts {
        let mailbox = try Mailbox()
        let worker = HeavyWorker()
        let workerThread = try ServerThread(name: "memscope-work") {
            worker.run()
            // The thread that stops the daemon may have another descriptor table, so it cannot wake the server thread
            // itself.
            mailbox.stop()
        }
        do throws(MemscopeServerError) {
            let serverThread = try startServer(mailbox: mailbox) {
                ServerLoop(gate: gate, hub: hub, worker: worker, mailbox: mailbox, listeningOn: socket.descriptor)
            }
            return Parts(
                socket: socket,
                mailbox: mailbox,
                worker: worker,
                serverThread: serverThread,
                workerThread: workerThread
            )
        } catch {
            worker.stop()
            workerThread.join()
            throw error
        }
    }

    /// Starts the thread and waits until the server listens.
    private static func startServer(
        mailbox: Mailbox,
        makeLoop: @escaping @Sendable () -> ServerLoop
    ) throws(MemscopeServerError) -> ServerThread {
        let thread = try ServerThread(name: "memscope-http") {
            let loop = makeLoop()
            let isStarted = loop.start()
            mailbox.reportStart(isStarted)
            if isStarted { loop.run() }
        }
        guard mailbox.waitForStart() else {
            thread.join()
            throw MemscopeServerError(code: .system, message: "libmicrohttpd could not start on this machine")
        }
        return thread
    }

    private static func cookieName(_ address: ListenAddress) -> String {
        if case .tcp(_, let port) = address { "memscope-\(port)" } else { "memscope" }
    }
}
