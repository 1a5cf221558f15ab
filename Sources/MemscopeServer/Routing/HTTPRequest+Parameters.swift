package import MemscopeRender

// Reads parameters as the route's description defines them. Every refusal contains the parameter, its value and what is
// accepted.
extension HTTPRequest {
    /// The value of a parameter of the matched route, which has already been checked.
    package subscript<Value>(parameter: Parameter<Value>) -> Value {
        get throws(HTTPError) {
            do throws(ParameterError) {
                return try parameter.value(of: parameters[parameter.name])
            } catch {
                throw HTTPError(error, in: parameter.place)
            }
        }
    }

    /// The request with its parameters by name, after each was checked against the route's description.
    ///
    /// - Throws: 400 for a parameter that is unknown, given twice, invalid or missing.
    func checked(for route: RouteDescription) throws(HTTPError) -> HTTPRequest {
        guard !route.ignoresOthers else { return self }
        var request = self
        try request.takeQuery(route.parameters(in: .query).map(\.name))
        if route.method == .post {
            let body = try JSONBody(self, known: route.parameters(in: .body).map(\.name))
            request.parameters.merge(body.members) { fromPath, _ in fromPath }
        }
        for parameter in route.parameters {
            do throws(ParameterError) {
                try parameter.check(request.parameters[parameter.name])
            } catch {
                throw HTTPError(error, in: parameter.place)
            }
        }
        return request
    }

    private mutating func takeQuery(_ known: [String]) throws(HTTPError) {
        var seen: Set<String> = []
        for item in query {
            guard known.contains(item.name) else {
                throw .badParameter(
                    "unknown parameter \"\(item.name)\"",
                    hint: known.isEmpty
                        ? "\(path) takes no parameters" : "accepted parameters: \(known.joined(separator: ", "))"
                )
            }
            guard seen.insert(item.name).inserted else {
                throw .badParameter("parameter \"\(item.name)\" is given twice", hint: "give it once")
            }
            parameters[item.name] = item.value
        }
    }
}

extension HTTPError {
    init(_ error: ParameterError, in place: ParameterPlace) {
        self =
            place == .body
            ? .badBody(error.message, hint: error.hint) : .badParameter(error.message, hint: error.hint)
    }
}
