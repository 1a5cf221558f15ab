internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// Questions about the heap graph; all routes except the first answer from the last scan, and make one when there
    /// is none.
    var graph: [Route] {
        [
            Route(RouteTable.leakScan) { _ throws(HTTPError) in
                try answer(observer.scanForLeaks) { finding in
                    WireFormat.leakScan(finding.scan, finding.summary, in: observer.envelope())
                }
            },
            Route(RouteTable.leaks, handler: leaks),
            Route(RouteTable.cycles, handler: cycles),
            Route(RouteTable.relations, handler: relations),
        ] + objects
    }

    private func leaks(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: LeakColumn.self, request)
        let kind = try request[RouteParameters.leakKind]
        return try answer(observer.lastFinding) { finding in
            let growing = observer.withNames { observer.growingLeaks(in: finding, $0) }
            // Suspects are no leaks: they are listed only on request.
            let leaks = (finding.leaks + growing + finding.suspects).filter {
                kind == nil ? $0.kind != .stack : $0.kind == kind
            }
            var page = Page(leaks: leaks, order: order, after: cursor, limit: limit)
            observer.withNames { names in page.update(names.name) }
            return WireFormat.leaks(page, scan: finding.scan, summary: finding.summary, in: observer.envelope())
        }
    }

    private func cycles(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: FindingColumn.self, request)
        return try answer(observer.lastFinding) { finding in
            var page = Page(cycles: finding.cycles, order: order, after: cursor, limit: limit)
            observer.withNames { names in page.update(names.name) }
            return WireFormat.cycles(page, scan: finding.scan, in: observer.envelope())
        }
    }

    private func relations(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: FindingColumn.self, request)
        let kind = try request[RouteParameters.relationKind]
        return try answer(observer.lastFinding) { (finding) throws(HTTPError) in
            guard let all = finding.relations else {
                throw .busy("the system refused memory for the references")
            }
            let relations = all.filter { kind == nil || $0.kind == kind }
            let page = Page(relations: relations, order: order, after: cursor, limit: limit)
            return WireFormat.relations(page, scan: finding.scan, in: observer.envelope())
        }
    }

    /// Answers from the findings of a scan; when no scan is possible, the answer gives the reason and a remedy.
    func answer(
        _ scan: () throws(HeapAnalysisError) -> HeapFinding,
        with body: (HeapFinding) throws(HTTPError) -> [UInt8]
    ) throws(HTTPError) -> HTTPResponse {
        let finding: HeapFinding
        do throws(HeapAnalysisError) {
            finding = try scan()
        } catch {
            if error.code == .busy { throw Self.walkUnderWay }
            return HTTPResponse(
                json: WireFormat.unavailable(reason: error.reason, remedy: error.remedy, in: observer.envelope())
            )
        }
        return HTTPResponse(json: try body(finding))
    }
}
