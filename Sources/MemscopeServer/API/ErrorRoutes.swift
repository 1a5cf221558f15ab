internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// What the memory checks found, and all that was found, by risk.
    var findings: [Route] {
        [
            .get("/api/errors", isHeavy: true, handler: errors)
        ]
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
