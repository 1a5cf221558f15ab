internal import MemscopeAnalysis
internal import MemscopeRender

extension APIRoutes {
    var variables: [Route] {
        [
            Route(RouteTable.variables, handler: list),
            Route(RouteTable.variable, handler: variable),
        ]
    }

    private func list(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let (order, cursor, limit) = try page(by: VariableColumn.self, request)
        let filter = try request[RouteParameters.variableFilter]
        let (census, rows, scan) = observer.variables()
        let wanted = rows.filter { filter == nil || $0.isAlive == (filter == .alive) }
        let page = Page(variables: wanted, order: order, after: cursor, limit: limit)
        return HTTPResponse(json: WireFormat.variables(page, of: census, scan: scan, in: observer.envelope()))
    }

    private func variable(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let id = try request[RouteParameters.variable]
        guard let values = observer.variable(id) else {
            throw .notFound("no variable has the id \(id)", hint: "take the id from /api/variables")
        }
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.variable(values, naming: names.stack(ofSite:), in: observer.envelope())
            }
        )
    }
}
