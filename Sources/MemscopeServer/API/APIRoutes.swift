internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

/// The routing table of the API: what answers, over one observer.
package struct APIRoutes {
    let observer: HeapObserver
    let limits: HTTPDaemon.Limits
    /// Whether clients must present a token.
    let hasToken: Bool

    package init(observer: HeapObserver, limits: HTTPDaemon.Limits = HTTPDaemon.Limits(), hasToken: Bool = false) {
        self.observer = observer
        self.limits = limits
        self.hasToken = hasToken
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
            Route(RouteTable.metadata, handler: metadata),
            Route(RouteTable.config, handler: config),
            Route(RouteTable.events) { _ in
                let summary = String(decoding: observer.summary(), as: UTF8.self)
                return .events(first: [ServerEvent("summary", data: summary)])
            },
        ]
    }

    private func sites(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: SiteColumn.self, request)
        let page = Page(sites: CaptureCore.sites(), order: order, after: cursor, limit: limit)
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
        let sites = CaptureCore.sites()
        let graph = observer.withNames { names in
            // Boxes below a twentieth of a percent are less than a pixel wide.
            FlameGraph(sites: sites, weight: weight, minimumShare: 0.0005, places: names.places())
        }
        return HTTPResponse(json: WireFormat.flameGraph(graph, weight: weight, in: observer.envelope()))
    }

    private func metadata(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let values = observer.withNames { names in
            MetadataValues(
                version: MemScope.version,
                swiftRuntime: swiftRuntimeVersion,
                allocator: CaptureCore.allocatorName,
                images: names.images,
                imageNames: names.namesOfMappedImages(),
                resolvedSymbols: Int(names.symbolCounts.resolved),
                unresolvedSymbols: Int(names.symbolCounts.unresolved),
                typeReaderProblem: names.typesUnavailableReason,
                layoutProblems: names.layoutProblems
            )
        }
        return HTTPResponse(json: WireFormat.metadata(values, in: observer.envelope()))
    }

    private func config(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let totals = CaptureCore.totals()
        let values = ConfigValues(
            mode: CaptureCore.mode,
            sampleInterval: CaptureCore.sampleInterval,
            serverURL: MemScope.runningServer?.url,
            limits: ConfigLimits(
                snapshots: observer.withSnapshots { $0.capacity },
                marks: Timeline.markCapacity,
                pageRows: RouteParameters.pageLimit.upperBound,
                stackFrames: CaptureCore.stackFrameLimit,
                sites: totals.siteCapacity,
                ownBytes: totals.ownLimitBytes,
                requestBodyBytes: limits.bodyBytes,
                connections: limits.connections,
                eventStreams: observer.hub.streamLimit
            ),
            isActive: CaptureCore.isActive,
            checks: CaptureCore.checkTotals(),
            showsContents: observer.settings.showsContents
        )
        return HTTPResponse(json: WireFormat.config(values, in: observer.envelope()))
    }
}

/// The compiler that built us, whose runtime we were tested with.
private var swiftRuntimeVersion: String {
    #if compiler(>=6.4)
    "6.4 or later"
    #elseif compiler(>=6.3)
    "6.3"
    #else
    "6.2"
    #endif
}
