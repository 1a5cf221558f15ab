internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    var actions: [Route] {
        [
            .post("/api/mark") { request throws(HTTPError) in
                try request.allowParameters()
                guard let name = try checkedName(JSONBody(request, known: "name")["name"]) else {
                    throw .badBody("\"name\" is missing", hint: "send {\"name\":\"deploy\"}")
                }
                return HTTPResponse(status: 201, json: WireFormat.mark(observer.mark(name), in: observer.envelope()))
            },
            .post("/api/mode") { request throws(HTTPError) in
                try request.allowParameters()
                let words = MemScope.Mode.allCases.map(\.rawValue).joined(separator: ", ")
                guard let word = try JSONBody(request, known: "mode")["mode"] else {
                    throw .badBody("\"mode\" is missing", hint: "send {\"mode\":\"sampled\"}; one of \(words)")
                }
                guard let mode = MemScope.Mode(rawValue: word) else {
                    throw .badBody("\"\(word)\" is no mode", hint: "one of \(words)")
                }
                observer.setMode(mode)
                return HTTPResponse(json: WireFormat.mode(CaptureCore.mode, in: observer.envelope()))
            },
        ]
    }

    /// A name as a user may give it; nil when there is none.
    func checkedName(_ name: String?) throws(HTTPError) -> String? {
        guard let name else { return nil }
        let length = name.unicodeScalars.count
        guard RouteTable.nameLength.contains(length) else {
            throw .badBody("\"name\" has \(length) characters", hint: "a name has 1 to 200 characters")
        }
        guard !name.unicodeScalars.contains("\0") else {
            throw .badBody("\"name\" has a zero character", hint: "leave it out: no URL can ask for it")
        }
        return name
    }

    /// Routes of the contract that a later version will fill.
    var planned: [Route] {
        RouteTable.planned.map { description in
            let handler: Route.Handler = { _ in
                HTTPResponse(
                    json: WireFormat.unavailable(
                        reason: "\(description.path) is not part of MemScope \(MemScope.version)",
                        remedy: "a later version will answer it; see /openapi.json for what answers today",
                        in: observer.envelope()
                    )
                )
            }
            return description.method == "POST"
                ? .post(description.path, handler: handler) : .get(description.path, handler: handler)
        }
    }
}
