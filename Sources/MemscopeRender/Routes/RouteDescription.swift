/// The kind of a route's answer when the request succeeds.
package enum AnswerKind: Sendable, Hashable {
    /// The envelope with `data`.
    case resource
    /// The envelope with `data`; when the heap cannot be scanned, with `"available":false`.
    case finding
    /// The envelope with `data`, status 201.
    case created
    /// Server-sent events, to a few clients at a time.
    case events
    /// The dashboard: HTML, a redirect that exchanges the token, or a reply that the browser's copy is still valid.
    case page
    /// Anything else, by media type.
    case other(String)
}

/// One route: its request and parameters, its cost, and its answer.
///
/// The routing table, the checks of requests and the OpenAPI document are all made from it.
///
/// It is a class, so that a static one is a single word. In a global of a structure type, the bytes between the fields
/// keep what was on the stack when the value was made. That may be the address of a block, and a scan of the heap takes
/// globals as roots.
package final class RouteDescription: Sendable {
    package enum Method: String, Sendable {
        /// Also answers HEAD.
        case get = "GET"
        case post = "POST"
    }

    package let method: Method
    /// A path such as `/api/objects/{addr}`: a segment in braces matches any one segment that is not empty.
    package let path: String
    package let about: String
    package let parameters: [any ParameterDescription]
    package let answer: AnswerKind
    /// Whether the route runs on a thread of its own, one heavy route at a time; another heavy request gets 503.
    package let isHeavy: Bool
    /// Whether the request may name something that does not exist; the answer is then 404.
    package let mayMiss: Bool
    /// Whether the route answers without the token; its answer must then not reveal anything about the heap.
    package let isOpen: Bool
    /// Whether the query and the body are ignored; otherwise, parameters without a description are refused.
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

    /// The route in one line, such as "GET /api/summary".
    package var line: String { "\(method.rawValue) \(path)" }

    /// The parameters in one part of the request.
    package func parameters(in place: ParameterPlace) -> [any ParameterDescription] {
        parameters.filter { $0.place == place }
    }
}
