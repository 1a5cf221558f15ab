internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// The findings of the memory checks, and the findings of all detectors by risk.
    var findings: [Route] {
        [
            Route(RouteTable.errors, handler: errors),
            Route(RouteTable.safety, handler: safety),
        ]
    }

    private func safety(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: SafetyColumn.self, request)
        let detector = try request[RouteParameters.detector]
        let review = observer.safetyReview()
        let findings = review.findings.filter { detector == nil || $0.detector == detector }
        var page = Page(findings: findings, order: order, after: cursor, limit: limit)
        observer.withNames { names in page.update { $0.stack = names.stack(ofSite: $0.site) } }
        return HTTPResponse(json: WireFormat.safety(page, of: review, in: observer.envelope()))
    }

    private func errors(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: ErrorColumn.self, request)
        let kind = try request[RouteParameters.errorKind]
        let errors = observer.memoryErrors().filter { kind == nil || $0.kind == kind }
        let page = Page(errors: errors, order: order, after: cursor, limit: limit)
        let checks = observer.checkTotals()
        let envelope = observer.envelope()
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.errors(page, naming: { observer.values(of: $0, names) }, checks: checks, in: envelope)
            }
        )
    }
}
