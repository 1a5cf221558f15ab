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
    ///   - request: Any GET of a list.
    ///   - others: Names of parameters that this list takes besides.
    ///   - fallback: The order where the request names none.
    /// - Returns: The order, the place behind which the page begins, and most rows.
    /// - Throws: 400 for what this list does not take.
    func listParameters<Column: ListColumn>(
        _ request: HTTPRequest,
        also others: [String] = [],
        default fallback: ListOrder<Column>
    ) throws(HTTPError) -> (order: ListOrder<Column>, cursor: PageCursor<Column>?, limit: Int) {
        try request.allowParameters(["limit", "cursor", "sort"] + others)
        let words = Column.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] }
        let sort = try request.choice("sort", of: words, default: fallback.text)
        let order = ListOrder<Column>(sort) ?? fallback
        let limit = try limit(request)
        guard let text = request.string("cursor") else { return (order, nil, limit) }
        // It says by itself in which order it is a place.
        guard let cursor = PageCursor<Column>(text), request.string("sort") == nil || cursor.order == order else {
            throw Self.badCursor(text)
        }
        return (cursor.order, cursor, limit)
    }

    static func badCursor(_ text: String) -> HTTPError {
        .badParameter(
            "\"\(text)\" is no cursor of this list",
            hint: "take cursor from \"next\" of an answer with the same sort"
        )
    }

    func limit(_ request: HTTPRequest) throws(HTTPError) -> Int {
        try request.int("limit", in: RouteTable.pageLimit, default: RouteTable.defaultPageLimit)
    }

    /// Refuses while another walk over the heap is under way.
    static let walkUnderWay = HTTPError.busy("another look at the heap is under way")
}

extension APIRoutes {
    private var figures: [Route] {
        [
            .get("/api/summary") { request throws(HTTPError) in
                try request.allowParameters()
                return HTTPResponse(json: observer.summary())
            },
            .get("/api/timeline") { request throws(HTTPError) in
                try request.allowParameters("resolution")
                let resolution = try request.choice("resolution", default: TimelineResolution.second)
                let envelope = observer.envelope()
                return HTTPResponse(
                    json: observer.withTimeline { WireFormat.timeline($0, resolution: resolution, in: envelope) }
                )
            },
            .get("/api/sites", isHeavy: true, handler: sites),
            .get("/api/types", isHeavy: true, handler: types),
            .get("/api/threads", isHeavy: true, handler: threads),
            .get("/api/flamegraph", isHeavy: true, handler: flameGraph),
            .get("/api/metadata", isHeavy: true, handler: metadata),
            .get("/api/config", handler: config),
            .get("/api/events") { request throws(HTTPError) in
                try request.allowParameters()
                let summary = String(decoding: observer.summary(), as: UTF8.self)
                return .events(first: [ServerEvent("summary", data: summary)])
            },
        ]
    }

    private func sites(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            default: ListOrder(SiteColumn.bytes, isDescending: true)
        )
        let page = Page(sites: CaptureCore.sites(), order: order, after: cursor, limit: limit)
        let envelope = observer.envelope()
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.sites(page, naming: { names.symbolize(stack: $0.addresses, at: $0.firstSeen) }, in: envelope)
            }
        )
    }

    private func types(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            default: ListOrder(TypeColumn.bytes, isDescending: true)
        )
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
        let (order, cursor, limit) = try listParameters(
            request,
            default: ListOrder(ThreadColumn.allocatedBytes, isDescending: true)
        )
        let threads = observer.withNames { $0.threads }
        let page = Page(threads: threads.filter { !$0.isInternal }, order: order, after: cursor, limit: limit)
        return HTTPResponse(json: WireFormat.threads(page, own: OwnThreads(in: threads), in: observer.envelope()))
    }

    private func flameGraph(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters("weight")
        let weight = try request.choice("weight", default: FlameWeight.bytes)
        let sites = CaptureCore.sites()
        let graph = observer.withNames { names in
            // Boxes below a twentieth of a percent are less than a pixel wide.
            FlameGraph(sites: sites, weight: weight, minimumShare: 0.0005, places: names.places())
        }
        return HTTPResponse(json: WireFormat.flameGraph(graph, weight: weight, in: observer.envelope()))
    }

    private func metadata(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters()
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
        try request.allowParameters()
        let totals = CaptureCore.totals()
        let values = ConfigValues(
            mode: CaptureCore.mode,
            sampleInterval: CaptureCore.sampleInterval,
            serverURL: MemScope.runningServer?.url,
            limits: ConfigLimits(
                snapshots: observer.withSnapshots { $0.capacity },
                marks: Timeline.markCapacity,
                pageRows: RouteTable.pageLimit.upperBound,
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
