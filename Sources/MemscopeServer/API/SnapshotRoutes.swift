internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    var snapshots: [Route] {
        [
            .get("/api/snapshots") { request throws(HTTPError) in
                try request.allowParameters()
                let envelope = observer.envelope()
                return HTTPResponse(json: observer.withSnapshots { WireFormat.snapshots($0, in: envelope) })
            },
            .get("/api/snapshot", isHeavy: true, handler: snapshot),
            .get("/api/diff", isHeavy: true, handler: diff),
            .post("/api/snapshots", isHeavy: true, handler: keepSnapshot),
        ]
    }

    private func snapshot(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters("id", "limit")
        let limit = try limit(request)
        let snapshot = try find(request.name("id", example: "s1") ?? HeapSnapshot.unkeptID, parameter: "id")
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.snapshot(snapshot, limit: limit, naming: naming(names), in: observer.envelope())
            }
        )
    }

    private func diff(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters("from", "to", "limit")
        let limit = try limit(request)
        let from = try find(request.requiredName("from", example: "s1"), parameter: "from")
        let to = try find(request.name("to", example: "s2") ?? HeapSnapshot.unkeptID, parameter: "to")
        return HTTPResponse(
            json: observer.withNames { names in
                WireFormat.diff(from: from, to: to, limit: limit, naming: naming(names), in: observer.envelope())
            }
        )
    }

    private func keepSnapshot(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try request.allowParameters()
        let name = try checkedName(JSONBody(request, known: "name")["name"])
        if let name, SnapshotStore.isID(name) {
            throw .badBody(
                "\"\(name)\" looks like the id of a snapshot",
                hint: "give it a name other than now, s1, s2 …"
            )
        }
        guard let kept = observer.keepSnapshot(named: name) else { throw Self.walkUnderWay }
        return HTTPResponse(status: 201, json: WireFormat.kept(kept, in: observer.envelope()))
    }

    /// A kept snapshot by id or name, or one of now.
    private func find(_ id: String, parameter: String) throws(HTTPError) -> HeapSnapshot {
        do throws(HeapAnalysisError) {
            return try observer.snapshot(id)
        } catch {
            if error.code == .busy { throw Self.walkUnderWay }
            throw .notFound("\(error.reason) for \"\(parameter)\"", hint: error.remedy)
        }
    }

    private func naming(_ names: MetadataStore) -> (UInt32) -> [Frame] {
        { names.stack(ofSite: $0) }
    }
}
