internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

/// The routing table of the API, with the handlers, which answer from one observer.
package struct APIRoutes {
    let observer: HeapObserver
    /// The version of MemScope.
    let version: String
    let limits: HTTPDaemon.Limits
    /// Whether clients must send a token.
    let hasToken: Bool
    /// The address of the running server; nil before it listens.
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
        figures + variables + snapshots + graph + findings + actions + exports + planned
    }

    /// The order and the part of a list that a request asks for.
    ///
    /// - Parameters:
    ///   - columns: The columns of the list.
    ///   - request: A GET request for the list.
    /// - Returns: The order, the cursor after which the page begins, and the largest number of rows.
    /// - Throws: 400 when the cursor belongs to another order than the requested one.
    func page<Column: ListColumn>(
        by columns: Column.Type,
        _ request: HTTPRequest
    ) throws(HTTPError) -> (order: ListOrder<Column>, cursor: PageCursor<Column>?, limit: Int) {
        let order = try request[RouteParameters.sort(columns)]
        let limit = try request[RouteParameters.limit]
        guard let cursor = try request[RouteParameters.cursor(columns)] else { return (order, nil, limit) }
        // The cursor itself says to which order it belongs.
        guard cursor.order == order || request.parameters["sort"] == nil else {
            throw HTTPError(RouteParameters.badCursor(cursor.text), in: .query)
        }
        return (cursor.order, cursor, limit)
    }

    /// The answer to a request that must walk over the heap while another walk or scan is under way.
    static let walkUnderWay = HTTPError.busy("another walk over the heap is under way")
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
            Route(RouteTable.tasks, handler: tasks),
            Route(RouteTable.scopes, handler: scopes),
            Route(RouteTable.scope, handler: scope),
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
        let envelope = observer.envelopeOfSites()
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
        // Retained bytes come from a scan only, so sorting by them makes a scan if there is none yet.
        if order.column == .retainedBytes { return try self.answer(observer.lastFinding, with: answer) }
        return HTTPResponse(json: try answer(observer.graph.last))
    }

    private func threads(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: ThreadColumn.self, request)
        let threads = observer.withNames { $0.threads }
        let page = Page(threads: threads.filter { !$0.isInternal }, order: order, after: cursor, limit: limit)
        return HTTPResponse(json: WireFormat.threads(page, own: OwnThreads(in: threads), in: observer.envelope()))
    }

    private func tasks(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: TaskColumn.self, request)
        let state = try request[RouteParameters.taskState]
        let census = TaskCensus.now()
        let page = Page(tasks: census.tasks, in: state, order: order, after: cursor, limit: limit)
        let envelope = observer.envelope()
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.tasks(page, of: census, naming: names.stack(ofSite:), in: envelope)
            }
        )
    }

    private func scopes(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: ScopeColumn.self, request)
        let grouping = try request[RouteParameters.scopeGrouping]
        let census = ScopeCensus.now()
        let page = Page(scopes: census.usages(by: grouping), order: order, after: cursor, limit: limit)
        return HTTPResponse(json: WireFormat.scopes(page, of: census, in: observer.envelope()))
    }

    private func scope(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let id = try request[RouteParameters.scope]
        let limit = try request[RouteParameters.limit]
        guard let row = ScopeCensus.now().usages(by: .path).first(where: { $0.id == id }) else {
            throw .notFound("no scope has the id \(id)", hint: "take the id from /api/scopes")
        }
        guard let escaped = observer.takeSnapshot(of: { $0.hasEscaped(from: id) }) else { throw Self.walkUnderWay }
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.scope(
                    row,
                    escaped: escaped,
                    limit: limit,
                    naming: names.stack(ofSite:),
                    in: observer.envelope()
                )
            }
        )
    }

    private func flameGraph(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let weight = try request[RouteParameters.weight]
        let graph = observer.flameGraph(by: weight)
        return HTTPResponse(json: WireFormat.flameGraph(graph, weight: weight, in: observer.envelopeOfSites()))
    }
}
