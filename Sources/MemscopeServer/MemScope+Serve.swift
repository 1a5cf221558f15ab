@_exported public import MemscopeAnalysis
@_exported public import Tracking

extension MemScope {
    /// The version of this library.
    public static let version = "0.1.0"

    /// What the dashboard server may be told.
    public struct ServerConfiguration: Sendable {
        /// Where to listen: `http://127.0.0.1:9100`, `http://[::1]:0` or `unix:///run/app.sock`; port 0 picks one.
        public var url: String
        /// What clients must present, at least 16 characters.
        ///
        /// Nil: `MEMSCOPE_TOKEN`, else none on loopback and unix
        /// sockets, and a random one on any other address.
        public var token: String?
        /// Further host names, without port, under which browsers may address the server.
        public var allowedHosts: [String]
        /// A folder to serve the dashboard from instead of the one compiled in, for its development.
        public var documentRoot: String?
        /// How much a look at the heap for the dashboard may cost.
        public var analysis: AnalysisOptions
        /// Whether reports of memory errors show the bytes around the damage: what is in the program's memory.
        public var showsContents: Bool

        /// Collects what is not the default.
        ///
        /// - Parameters:
        ///   - url: Where to listen.
        ///   - token: What clients must present.
        ///   - allowedHosts: Further host names of the server.
        ///   - documentRoot: A folder with the dashboard's files.
        ///   - analysis: Limits of a look at the heap.
        ///   - showsContents: Nil: `MEMSCOPE_SHOW_CONTENTS`, which is off without a value.
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

        /// Where it listens, such as "http://127.0.0.1:9100" or "unix:///run/app.sock".
        public var url: String { daemon.url }

        /// The link to open first: `url`, with the token when there is one.
        public var visitURL: String { daemon.visitURL }

        /// Closes all connections and joins the server's threads.
        ///
        /// Recording goes on; marks, snapshots and the timeline stay for the next server. May be called again.
        public func stop() {
            running.withLock { if $0 === self { $0 = nil } }
            daemon.stop()
            collector.stop()
            CaptureCore.asOwnThread { observer.rest() }
        }
    }

    /// Starts the dashboard server on this machine's loopback address.
    ///
    /// - Parameter port: 0 picks a free one.
    /// - Returns: The server; the running one when there is one already.
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
    /// - Parameter configuration: Where to listen, and who may come.
    /// - Returns: The server; the running one, as it was configured, when there is one already.
    /// - Throws: ``MemscopeServerError``, naming what was wrong and the remedy.
    @discardableResult
    public static func serve(configuration: ServerConfiguration) throws(MemscopeServerError) -> Server {
        // Two threads at once: the second gets the first's server instead of finding its port taken.
        try starting.withLock { _ throws(MemscopeServerError) in
            if let server = runningServer { return server }
            let server = try CaptureCore.asOwnThread { () throws(MemscopeServerError) in try Server(configuration) }
            running.withLock { $0 = server }
            return server
        }
    }

    /// The server of this process, if it runs; a forked child has none but its own.
    public static var runningServer: Server? {
        running.withLock { $0 }
    }

}

private let starting = ProcessMutex(())
private let running = ProcessMutex<MemScope.Server?>(nil)
