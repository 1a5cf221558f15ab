@_exported public import MemscopeAnalysis
@_exported public import Tracking

extension MemScope {
    /// The version of this library.
    public static let version = "0.1.0"

    /// The settings of the dashboard server.
    public struct ServerConfiguration: Sendable {
        /// The address to listen at: `http://127.0.0.1:9100`, `http://[::1]:0` or `unix:///run/app.sock`; for port 0
        /// the system picks a free one.
        public var url: String
        /// The token that clients must send, at least 16 characters.
        ///
        /// When nil, `MEMSCOPE_TOKEN` is used. If that is not set either, there is no token on loopback and unix
        /// sockets, and a random one on any other address.
        public var token: String?
        /// Additional host names, without port, under which browsers may address the server.
        public var allowedHosts: [String]
        /// A folder with the dashboard's files, used instead of the files in the binary; for development of the
        /// dashboard.
        public var documentRoot: String?
        /// Limits for a scan of the heap that the dashboard requests.
        public var analysis: AnalysisOptions
        /// Whether reports of memory errors show the bytes around the damage, which are contents of the program's
        /// memory.
        public var showsContents: Bool

        /// Makes a configuration; arguments with a default may be left out.
        ///
        /// - Parameters:
        ///   - url: The address to listen at.
        ///   - token: The token that clients must send.
        ///   - allowedHosts: Additional host names of the server.
        ///   - documentRoot: A folder with the dashboard's files.
        ///   - analysis: Limits for a scan of the heap.
        ///   - showsContents: When nil, `MEMSCOPE_SHOW_CONTENTS` decides, which is off by default.
        public init(
            url: String = "http://127.0.0.1:9100",
            token: String? = nil,
            allowedHosts: [String] = [],
            documentRoot: String? = nil,
            analysis: AnalysisOptions = AnalysisOptions(),
            showsContents: Bool? = nil
        ) {
            self.url = url
            self.token = token
            self.allowedHosts = allowedHosts
            self.documentRoot = documentRoot
            self.analysis = analysis
            self.showsContents = showsContents ?? Switch.showContents.isOn
        }
    }

    /// A running dashboard server.
    public final class Server: Sendable {
        private let daemon: HTTPDaemon
        private let collector: Collector
        private let observer: HeapObserver

        init(_ configuration: ServerConfiguration) throws(MemscopeServerError) {
            let observer = HeapObserver.current
            observer.settings.analysis = configuration.analysis
            observer.settings.showsContents = configuration.showsContents
            var http = HTTPDaemon.Configuration(address: try ListenAddress(url: configuration.url))
            http.allowedHosts = configuration.allowedHosts
            if let token = configuration.token ?? environment("MEMSCOPE_TOKEN") { http.token = try AccessToken(token) }
            let files = try configuration.documentRoot.map(StaticFiles.init(folder:)) ?? StaticFiles()
            let hasToken = http.token != nil || !http.address.isLoopback
            let routes = APIRoutes(
                observer: observer,
                version: MemScope.version,
                limits: http.limits,
                hasToken: hasToken,
                serverURL: { MemScope.runningServer?.url }
            )
            let router = Router(routes.all, fallback: files.respond)
            (daemon, collector) = try ServerThread.apart { [http] () throws(MemscopeServerError) in
                let daemon = try HTTPDaemon.start(http, router: router, hub: observer.hub)
                do throws(MemscopeServerError) {
                    return (daemon, try Collector(observer))
                } catch {
                    daemon.stop()
                    throw error
                }
            }
            self.observer = observer
        }

        /// The address at which the server listens, such as "http://127.0.0.1:9100" or "unix:///run/app.sock".
        public var url: String { daemon.url }

        /// The link to open first: `url`, with the token when there is one.
        public var visitURL: String { daemon.visitURL }

        /// Closes all connections and joins the server's threads.
        ///
        /// Recording continues; marks, snapshots and the timeline are kept for the next server. May be called again.
        public func stop() {
            running.withLock { if $0 === self { $0 = nil } }
            daemon.stop()
            collector.stop()
            CaptureCore.asOwnThread { observer.rest() }
        }
    }

    /// Starts the dashboard server on this machine's loopback address.
    ///
    /// - Parameter port: The port to listen at; for 0 the system picks a free one.
    /// - Returns: The new server; if one is running already, that server.
    /// - Throws: ``MemscopeServerError`` with code ``MemscopeServerError/Code/addressInUse`` when the port is taken,
    ///   ``MemscopeServerError/Code/invalidAddress`` when it is not within 0...65535.
    @discardableResult
    public static func serve(port: Int = 9100) throws(MemscopeServerError) -> Server {
        guard (0...65_535).contains(port) else {
            throw MemscopeServerError(
                code: .invalidAddress,
                message: "there is no port \(port); use 1 to 65535, or 0 to pick a free one"
            )
        }
        return try serve(configuration: ServerConfiguration(url: "http://127.0.0.1:\(port)"))
    }

    /// Starts the dashboard server.
    ///
    /// - Parameter configuration: The address and the other settings.
    /// - Returns: The new server; if one is running already, that server with its own configuration.
    /// - Throws: ``MemscopeServerError``, with the problem and the remedy.
    @discardableResult
    public static func serve(configuration: ServerConfiguration) throws(MemscopeServerError) -> Server {
        // When two threads call this at the same time, the second gets the first one's server instead of an error about
        // the port.
        try starting.withLock { _ throws(MemscopeServerError) in
            if let server = runningServer { return server }
            let server = try CaptureCore.asOwnThread { () throws(MemscopeServerError) in try Server(configuration) }
            running.withLock { $0 = server }
            return server
        }
    }

    /// The running server of this process; nil when there is none, and in a forked child that started none itself.
    public static var runningServer: Server? {
        running.withLock { $0 }
    }

}

private let starting = ProcessMutex(())
private let running = ProcessMutex<MemScope.Server?>(nil)
