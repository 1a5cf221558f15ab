internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// What the memory checks found, and all that was found, by risk.
    var findings: [Route] {
        [
            .get("/api/errors", isHeavy: true, handler: errors),
            .get("/api/safety", isHeavy: true, handler: safety),
        ]
    }

    private func safety(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            also: ["detector"],
            default: ListOrder(SafetyColumn.severity, isDescending: true)
        )
        let words = SafetyFinding.Detector.allCases.map(\.rawValue)
        let detector = try request.choice("detector", of: words, default: "")
        let review = observer.safetyReview()
        let findings = review.findings.filter { detector.isEmpty || $0.detector.rawValue == detector }
        var page = Page(findings: findings, order: order, after: cursor, limit: limit)
        observer.withNames { names in page.update { $0.stack = names.stack(ofSite: $0.site) } }
        return HTTPResponse(json: WireFormat.safety(page, of: review, in: observer.envelope()))
    }

    private func errors(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try listParameters(
            request,
            also: ["kind"],
            default: ListOrder(ErrorColumn.firstSeen, isDescending: false)
        )
        let kind = try request.choice("kind", of: MemoryError.Kind.allCases.map(\.rawValue), default: "")
        let errors = CaptureCore.errors().filter { kind.isEmpty || $0.kind.rawValue == kind }
        let page = Page(errors: errors, order: order, after: cursor, limit: limit)
        let checks = CaptureCore.checkTotals()
        let envelope = observer.envelope()
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.errors(page, naming: { observer.values(of: $0, names) }, checks: checks, in: envelope)
            }
        )
    }
}
