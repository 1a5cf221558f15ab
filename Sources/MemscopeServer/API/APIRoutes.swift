internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

/// The routing table of the API: what answers, over one observer.
package struct APIRoutes {
    let observer: HeapObserver
    /// Of MemScope.
    let version: String
    let limits: HTTPDaemon.Limits
    /// Whether clients must present a token.
    let hasToken: Bool
    /// Where the server listens, once it does.
    let serverURL: @Sendable () -> String?

    package init(
        observer: HeapObserver,
        version: String,
        limits: HTTPDaemon.Limits = HTTPDaemon.Limits(),
        hasToken: Bool = false,
        serverURL: @escaping @Sendable () -> String? = { nil }
    ) {
        self.observer = observer
        self.version = version
        self.limits = limits
        self.hasToken = hasToken
        self.serverURL = serverURL
    }

    package var all: [Route] {
        figures + snapshots + graph + findings + actions + exports + planned
    }

    /// The order and place in a list that a request asks for.
    ///
    /// - Parameters:
    ///   - columns: Of the list.
    ///   - request: Any GET of it.
    /// - Returns: The order, the place behind which the page begins, and most rows.
    /// - Throws: 400 for a place in another order than the one that is asked for.
    func page<Column: ListColumn>(
        by columns: Column.Type,
        _ request: HTTPRequest
    ) throws(HTTPError) -> (order: ListOrder<Column>, cursor: PageCursor<Column>?, limit: Int) {
        let order = try request[RouteParameters.sort(columns)]
        let limit = try request[RouteParameters.limit]
        guard let cursor = try request[RouteParameters.cursor(columns)] else { return (order, nil, limit) }
        // It says by itself in which order it is a place.
        guard cursor.order == order || request.parameters["sort"] == nil else {
            throw HTTPError(RouteParameters.badCursor(cursor.text), in: .query)
        }
        return (cursor.order, cursor, limit)
    }

    /// Refuses while another walk over the heap is under way.
    static let walkUnderWay = HTTPError.busy("another look at the heap is under way")
}

extension APIRoutes {
    private var figures: [Route] {
        [
            Route(RouteTable.summary) { _ in HTTPResponse(json: observer.summary()) },
            Route(RouteTable.timeline) { request throws(HTTPError) in
                let resolution = try request[RouteParameters.resolution]
                let envelope = observer.envelope()
                return HTTPResponse(
                    json: observer.withTimeline { WireFormat.timeline($0, resolution: resolution, in: envelope) }
                )
            },
            Route(RouteTable.sites, handler: sites),
            Route(RouteTable.types, handler: types),
            Route(RouteTable.threads, handler: threads),
            Route(RouteTable.flameGraph, handler: flameGraph),
            Route(RouteTable.metadata) { _ in
                HTTPResponse(
                    json: WireFormat.metadata(observer.metadataValues(version: version), in: observer.envelope())
                )
            },
            Route(RouteTable.config) { _ in
                let values = observer.configValues(serverURL: serverURL(), limits: limits)
                return HTTPResponse(json: WireFormat.config(values, in: observer.envelope()))
            },
            Route(RouteTable.events) { _ in
                let summary = String(decoding: observer.summary(), as: UTF8.self)
                return .events(first: [ServerEvent("summary", data: summary)])
            },
        ]
    }

    private func sites(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: SiteColumn.self, request)
        let page = Page(sites: observer.sites(), order: order, after: cursor, limit: limit)
        let envelope = observer.envelope()
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.sites(page, naming: { names.symbolize(stack: $0.addresses, at: $0.firstSeen) }, in: envelope)
            }
        )
    }

    private func types(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: TypeColumn.self, request)
        func answer(_ finding: HeapFinding?) throws(HTTPError) -> [UInt8] {
            guard let snapshot = observer.takeSnapshot() else { throw Self.walkUnderWay }
            let retained = finding?.retainedBytesByType
            let page = Page(types: snapshot.byType, order: order, after: cursor, limit: limit) { retained?[$0] }
            return WireFormat.types(
                page,
                retained: { retained?[$0] },
                scan: finding?.scan,
                in: observer.envelope()
            )
        }
        // Who sorts by what only a look tells wants one.
        if order.column == .retainedBytes { return try self.answer(observer.lastFinding, with: answer) }
        return HTTPResponse(json: try answer(observer.graph.last))
    }

    private func threads(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: ThreadColumn.self, request)
        let threads = observer.withNames { $0.threads }
        let page = Page(threads: threads.filter { !$0.isInternal }, order: order, after: cursor, limit: limit)
        return HTTPResponse(json: WireFormat.threads(page, own: OwnThreads(in: threads), in: observer.envelope()))
    }

    private func flameGraph(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let weight = try request[RouteParameters.weight]
        let graph = observer.flameGraph(by: weight)
        return HTTPResponse(json: WireFormat.flameGraph(graph, weight: weight, in: observer.envelope()))
    }
}
