/// What a query or path parameter accepts.
package enum ParameterKind: Sendable, Hashable {
    /// Of at least one character, none of them zero; `pattern` is a regular expression.
    case text(pattern: String? = nil, maximum: Int? = nil, default: String? = nil)
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

    /// What it is called where a visit link has the token.
    var isToken: Bool { name == "token" }

    package init(
        _ name: String,
        _ about: String,
        _ kind: ParameterKind = .text(),
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
    /// The dashboard: HTML, the way there with a token, or that the browser's copy is still good.
    case page
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
    /// Whether it may answer 503: one such request runs at a time.
    package var isHeavy: Bool
    /// Whether it asks for something that may not be there: then it answers 404.
    package var mayMiss: Bool

    package init(
        _ method: String,
        _ path: String,
        _ about: String,
        parameters: [ParameterDescription] = [],
        body: [ParameterDescription] = [],
        answer: AnswerKind = .resource,
        isHeavy: Bool = false,
        mayMiss: Bool = false
    ) {
        self.method = method
        self.path = path
        self.about = about
        self.parameters = parameters
        self.body = body
        self.answer = answer
        self.isHeavy = isHeavy
        self.mayMiss = mayMiss
    }

    /// Whether it answers without the token.
    var isOpen: Bool { path == "/healthz" }
}
