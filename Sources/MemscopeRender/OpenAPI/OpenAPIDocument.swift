/// `/openapi.json`: every route with its parameters, in OpenAPI 3.1.
///
/// - SeeAlso: https://spec.openapis.org/oas/v3.1.0
package enum OpenAPIDocument {
    /// Writes the document.
    ///
    /// - Parameters:
    ///   - routes: The routes that the server answers.
    ///   - version: The version of MemScope.
    ///   - needsToken: Whether clients must send a token.
    /// - Returns: JSON.
    package static func render(
        _ routes: [RouteDescription] = RouteTable.routes,
        version: String,
        needsToken: Bool = false
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("openapi", "3.1.0")
            json.member("info") { json in
                json.member("title", "MemScope")
                json.member(
                    "description",
                    "The heap of this process, live. Whatever answers GET answers HEAD. A method that a path does not "
                        + "answer is a 405, a path that nobody answers a 404."
                )
                json.member("version", version)
            }
            if needsToken {
                json.member("security", array: ["token"]) { json, scheme in
                    json.object { $0.member(scheme, array: [String]()) }
                }
            }
            json.member("paths") { paths(routes, needsToken: needsToken, to: &$0) }
            json.key("components")
            json.verbatim(OpenAPIComponents.json)
        }
        return json.bytes
    }

    private static func paths(_ routes: [RouteDescription], needsToken: Bool, to json: inout JSONWriter) {
        let byPath = Dictionary(grouping: routes, by: \.path)
        for path in byPath.keys.sorted() {
            json.member(path) { json in
                for route in byPath[path] ?? [] {
                    json.member(route.method.rawValue.lowercased()) { json in
                        operation(route, needsToken: needsToken && !route.isOpen, to: &json)
                    }
                }
            }
        }
    }

    private static func operation(_ route: RouteDescription, needsToken: Bool, to json: inout JSONWriter) {
        json.member("operationId", operationID(of: route))
        json.member("summary", route.about)
        let parameters = route.parameters.filter { $0.place != .body && (needsToken || !$0.isToken) }
        if !parameters.isEmpty {
            json.member("parameters", array: parameters) { json, parameter in
                json.object { self.parameter(parameter, to: &$0) }
            }
        }
        let members = route.parameters(in: .body)
        if !members.isEmpty { json.member("requestBody") { body(members, to: &$0) } }
        if route.isOpen { json.member("security", array: [String]()) }
        json.member("responses") { responses(of: route, needsToken: needsToken, to: &$0) }
    }

    /// The operation's id, such as "get_api_objects_addr".
    private static func operationID(of route: RouteDescription) -> String {
        ([route.method.rawValue.lowercased()] + route.path.split { !$0.isLetter }.map(String.init)).joined(
            separator: "_"
        )
    }

    private static func parameter(_ parameter: any ParameterDescription, to json: inout JSONWriter) {
        json.member("name", parameter.name)
        json.member("in", parameter.place.rawValue)
        json.member("description", parameter.about)
        json.member("required", parameter.isRequired)
        json.member("schema") { schema(parameter.kind, to: &$0) }
    }

    private static func schema(_ kind: ParameterKind, to json: inout JSONWriter) {
        switch kind {
        case .text(let pattern, let maximum, let fallback):
            json.member("type", "string")
            json.member("minLength", 1)
            if let maximum { json.member("maxLength", maximum) }
            json.member("pattern", pattern ?? "^[^\\u0000]+$")
            if let fallback { json.member("default", fallback) }
        case .integer(let range, let fallback):
            json.member("type", "integer")
            json.member("minimum", range.lowerBound)
            json.member("maximum", range.upperBound)
            json.member("default", fallback)
        case .choice(let words, let fallback):
            json.member("type", "string")
            json.member("enum", array: words)
            if let fallback { json.member("default", fallback) }
        }
    }

    private static func body(_ members: [any ParameterDescription], to json: inout JSONWriter) {
        let required = members.filter(\.isRequired).map(\.name)
        json.member("required", !required.isEmpty)
        content("application/json", to: &json) { json in
            json.member("type", "object")
            json.member("additionalProperties", false)
            json.member("required", array: required)
            json.member("properties") { json in
                for member in members { json.member(member.name) { schema(member.kind, to: &$0) } }
            }
        }
    }

    private static func responses(of route: RouteDescription, needsToken: Bool, to json: inout JSONWriter) {
        json.member(route.answer == .created ? "201" : "200") { json in
            json.member("description", route.about)
            switch route.answer {
            case .resource, .created:
                content("application/json", to: &json) { $0.member("$ref", "#/components/schemas/Answer") }
            case .finding:
                content("application/json", to: &json) { json in
                    json.member("oneOf", array: ["Answer", "Unavailable"]) { json, name in
                        json.object { $0.member("$ref", "#/components/schemas/\(name)") }
                    }
                }
            case .events: content("text/event-stream", to: &json) { _ in }
            case .page: content("text/html", to: &json) { _ in }
            case .other(let mediaType):
                content(mediaType, to: &json) { _ in }
            }
        }
        if route.answer == .page {
            json.member("303") { json in
                json.member("description", "The token is right: the cookie is set, go on to the page.")
                content("text/plain", to: &json) { _ in }
            }
            json.member("304") { $0.member("description", "The copy that If-None-Match names is still good.") }
        }
        for status in refusals(of: route, needsToken: needsToken) {
            json.member(String(status)) { $0.member("$ref", "#/components/responses/\(status)") }
        }
    }

    private static func refusals(of route: RouteDescription, needsToken: Bool) -> [Int] {
        var statuses = [400, 403, 408, 411, 413, 431, 500, 505]
        if needsToken { statuses.append(401) }
        if route.mayMiss { statuses.append(404) }
        if route.method == .post { statuses.append(415) }
        if route.isHeavy || route.answer == .events { statuses.append(503) }
        return statuses.sorted()
    }

    private static func content(
        _ mediaType: String,
        to json: inout JSONWriter,
        schema: (inout JSONWriter) -> Void
    ) {
        json.member("content") { json in
            json.member(mediaType) { $0.member("schema", members: schema) }
        }
    }
}

extension ParameterDescription {
    /// Whether this is the parameter in which a visit link contains the token.
    fileprivate var isToken: Bool { name == "token" }
}
