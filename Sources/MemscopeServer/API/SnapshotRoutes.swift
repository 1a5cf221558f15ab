internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    var snapshots: [Route] {
        [
            Route(RouteTable.keptSnapshots) { _ in
                let envelope = observer.envelope()
                return HTTPResponse(json: observer.withSnapshots { WireFormat.snapshots($0, in: envelope) })
            },
            Route(RouteTable.snapshot, handler: snapshot),
            Route(RouteTable.diff, handler: diff),
            Route(RouteTable.keepSnapshot, handler: keepSnapshot),
        ]
    }

    private func snapshot(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let limit = try request[RouteParameters.limit]
        let snapshot = try find(RouteParameters.snapshot, request)
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.snapshot(snapshot, limit: limit, naming: naming(names), in: observer.envelope())
            }
        )
    }

    private func diff(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let limit = try request[RouteParameters.limit]
        let from = try find(RouteParameters.older, request)
        let to = try find(RouteParameters.newer, request)
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.diff(from: from, to: to, limit: limit, naming: naming(names), in: observer.envelope())
            }
        )
    }

    private func keepSnapshot(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let name = try request[RouteParameters.snapshotName]
        guard let kept = observer.keepSnapshot(named: name) else { throw Self.walkUnderWay }
        return HTTPResponse(status: 201, json: WireFormat.kept(kept, in: observer.envelope()))
    }

    /// The kept snapshot with an id or name, or a new one of the current heap.
    private func find(_ parameter: Parameter<String>, _ request: HTTPRequest) throws(HTTPError) -> HeapSnapshot {
        let id = try request[parameter]
        do throws(HeapAnalysisError) {
            return try observer.snapshot(id)
        } catch {
            if error.code == .busy { throw Self.walkUnderWay }
            throw .notFound("\(error.reason) for \"\(parameter.name)\"", hint: error.remedy)
        }
    }

    private func naming(_ names: MetadataStore) -> (UInt32) -> [Frame] {
        { names.stack(ofSite: $0) }
    }
}
