internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// Questions about the heap as a graph; all but the first answer from the last look, and look when there is none.
    var graph: [Route] {
        [
            .post("/api/leakscan", isHeavy: true) { request throws(HTTPError) in
                try request.allowParameters()
                _ = try JSONBody(request)
                return try answer(observer.scanForLeaks) { finding in
                    WireFormat.leakScan(finding.scan, finding.summary, in: observer.envelope())
                }
            },
            .get("/api/leaks", isHeavy: true, handler: leaks),
            .get("/api/cycles", isHeavy: true, handler: cycles),
            .get("/api/relations", isHeavy: true, handler: relations),
        ] + objects
    }

    private func leaks(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            also: ["kind"],
            default: ListOrder(LeakColumn.bytes, isDescending: true)
        )
        let kinds = MemScope.HeapAnalysis.Leak.Kind.allCases.map(\.rawValue)
        let kind = try request.choice("kind", of: kinds, default: "", without: "without it all but stack")
        return try answer(observer.lastFinding) { finding in
            let growing = observer.withNames { observer.growingLeaks(in: finding, $0) }
            // Suspects are no leaks: they are listed when they are asked for.
            let leaks = (finding.leaks + growing + finding.suspects).filter {
                kind.isEmpty ? $0.kind != .stack : $0.kind.rawValue == kind
            }
            var page = Page(leaks: leaks, order: order, after: cursor, limit: limit)
            observer.withNames { names in page.update(names.name) }
            return WireFormat.leaks(page, scan: finding.scan, summary: finding.summary, in: observer.envelope())
        }
    }

    private func cycles(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try findingParameters(request)
        return try answer(observer.lastFinding) { finding in
            var page = Page(cycles: finding.cycles, order: order, after: cursor, limit: limit)
            observer.withNames { names in page.update(names.name) }
            return WireFormat.cycles(page, scan: finding.scan, in: observer.envelope())
        }
    }

    private func relations(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try findingParameters(request, "kind")
        let kind = try request.choice("kind", of: RelationKind.allCases.map(\.rawValue), default: "")
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            guard let all = finding.relations else {
                throw .busy("the system refused memory to look at the references")
            }
            let relations = all.filter { kind.isEmpty || $0.kind.rawValue == kind }
            let page = Page(relations: relations, order: order, after: cursor, limit: limit)
            return WireFormat.relations(page, scan: finding.scan, in: observer.envelope())
        }
    }

    private func findingParameters(
        _ request: HTTPRequest,
        _ others: String...
    ) throws(HTTPError) -> (order: ListOrder<FindingColumn>, cursor: PageCursor<FindingColumn>?, limit: Int) {
        try listParameters(request, also: others, default: ListOrder(FindingColumn.bytes, isDescending: true))
    }

    /// Answers from a look at the heap; where none can be had, says why and what would help.
    func answer(
        _ look: () throws(HeapAnalysisError) -> HeapFinding,
        with body: (HeapFinding) throws(HTTPError) -> [UInt8]
    ) throws(HTTPError) -> HTTPResponse {
        let finding: HeapFinding
        do throws(HeapAnalysisError) {
            finding = try look()
        } catch {
            if error.code == .busy { throw Self.walkUnderWay }
            return HTTPResponse(
                json: WireFormat.unavailable(reason: error.reason, remedy: error.remedy, in: observer.envelope())
            )
        }
        return HTTPResponse(json: try body(finding))
    }
}
