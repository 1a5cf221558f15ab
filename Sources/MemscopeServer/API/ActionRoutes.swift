internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    var actions: [Route] {
        [
            Route(RouteTable.mark) { request throws(HTTPError) in
                let mark = observer.mark(try request[RouteParameters.mark])
                return HTTPResponse(status: 201, json: WireFormat.mark(mark, in: observer.envelope()))
            },
            Route(RouteTable.mode) { request throws(HTTPError) in
                observer.setMode(try request[RouteParameters.mode])
                let envelope = observer.envelope()
                return HTTPResponse(json: WireFormat.mode(envelope.mode, in: envelope))
            },
        ]
    }

    /// Routes of the API that a later version will implement.
    var planned: [Route] {
        RouteTable.planned.map { description in
            Route(description) { _ in
                HTTPResponse(
                    json: WireFormat.unavailable(
                        reason: "\(description.path) is not part of MemScope \(version)",
                        remedy: "a later version will answer it; see /openapi.json for what answers today",
                        in: observer.envelope()
                    )
                )
            }
        }
    }
}
