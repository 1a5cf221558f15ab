/// What a query or path parameter accepts.
package enum ParameterKind: Sendable, Hashable {
    case text
    case integer(ClosedRange<Int>, default: Int)
    case choice([String], default: String?)
}

/// One parameter of a route.
package struct ParameterDescription: Sendable, Hashable {
    package var name: String
    package var about: String
    package var kind: ParameterKind
    package var isRequired: Bool
    /// Part of the path rather than of the query.
    package var isInPath: Bool

    package init(
        _ name: String,
        _ about: String,
        _ kind: ParameterKind = .text,
        isRequired: Bool = false,
        isInPath: Bool = false
    ) {
        self.name = name
        self.about = about
        self.kind = kind
        self.isRequired = isRequired
        self.isInPath = isInPath
    }
}

/// What a route answers when all is well.
package enum AnswerKind: Sendable, Hashable {
    /// The envelope with `data`.
    case resource
    /// The envelope with `data`; or, where the heap cannot be looked at, with `"available":false`.
    case finding
    /// The envelope with `data`, status 201.
    case created
    /// The envelope with `"available":false`: a route of the contract that is not built yet.
    case planned
    /// Anything else, by media type.
    case other(String)
}

/// One route, as clients are told of it.
package struct RouteDescription: Sendable, Hashable {
    package var method: String
    package var path: String
    package var about: String
    package var parameters: [ParameterDescription]
    /// Members of the JSON body of a POST.
    package var body: [ParameterDescription]
    package var answer: AnswerKind

    package init(
        _ method: String,
        _ path: String,
        _ about: String,
        parameters: [ParameterDescription] = [],
        body: [ParameterDescription] = [],
        answer: AnswerKind = .resource
    ) {
        self.method = method
        self.path = path
        self.about = about
        self.parameters = parameters
        self.body = body
        self.answer = answer
    }
}
