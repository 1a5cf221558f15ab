/// What a route answers when all is well.
package enum AnswerKind: Sendable, Hashable {
    /// The envelope with `data`.
    case resource
    /// The envelope with `data`; or, where the heap cannot be looked at, with `"available":false`.
    case finding
    /// The envelope with `data`, status 201.
    case created
    /// Server-sent events, to a few clients at a time.
    case events
    /// The dashboard: HTML, the way there with a token, or that the browser's copy is still good.
    case page
    /// Anything else, by media type.
    case other(String)
}

/// One route: what is asked, with which parameters, at what cost, and what is answered.
///
/// The routing table, the checks of a request and the OpenAPI document are all made from it.
///
/// A class, so that a static one is a word: what stands between the fields of a structure in a global is whatever was
/// on the stack when it was made. That may be the address of a block, and a look at the heap takes globals for roots.
package final class RouteDescription: Sendable {
    package enum Method: String, Sendable {
        /// Also answers HEAD.
        case get = "GET"
        case post = "POST"
    }

    package let method: Method
    /// `/api/objects/{addr}`: a segment in braces matches any one non-empty segment.
    package let path: String
    package let about: String
    package let parameters: [any ParameterDescription]
    package let answer: AnswerKind
    /// Heavy routes run on a thread of their own, one at a time; the next gets 503.
    package let isHeavy: Bool
    /// Whether it asks for something that may not be there: then it answers 404.
    package let mayMiss: Bool
    /// Whether it answers without the token: it must not reveal anything of the heap.
    package let isOpen: Bool
    /// Whether query and body are not looked at, instead of refused where they have what is not described.
    package let ignoresOthers: Bool

    package init(
        _ method: Method,
        _ path: String,
        _ about: String = "",
        parameters: [any ParameterDescription] = [],
        answer: AnswerKind = .resource,
        isHeavy: Bool = false,
        mayMiss: Bool = false,
        isOpen: Bool = false,
        ignoresOthers: Bool = false
    ) {
        self.method = method
        self.path = path
        self.about = about
        self.parameters = parameters
        self.answer = answer
        self.isHeavy = isHeavy
        self.mayMiss = mayMiss
        self.isOpen = isOpen
        self.ignoresOthers = ignoresOthers
    }

    /// Such as "GET /api/summary".
    package var line: String { "\(method.rawValue) \(path)" }

    /// The parameters in one part of a request.
    package func parameters(in place: ParameterPlace) -> [any ParameterDescription] {
        parameters.filter { $0.place == place }
    }
}
