/// One line of the routing table.
package struct Route: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse

    package enum Method: String, Sendable {
        /// Also answers HEAD.
        case get = "GET"
        case post = "POST"
    }

    package var method: Method
    /// `/api/objects/{addr}`: a segment in braces matches any one non-empty segment.
    package var path: String
    /// Heavy routes run on a thread of their own, one at a time; the next gets 503.
    package var isHeavy: Bool
    /// Open routes answer without the token.
    ///
    /// They must not reveal anything of the heap.
    package var isOpen: Bool
    package var handler: Handler

    package init(
        _ method: Method,
        _ path: String,
        isHeavy: Bool = false,
        isOpen: Bool = false,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.isHeavy = isHeavy
        self.isOpen = isOpen
        self.handler = handler
    }

    package static func get(
        _ path: String,
        isHeavy: Bool = false,
        isOpen: Bool = false,
        handler: @escaping Handler
    ) -> Route {
        Route(.get, path, isHeavy: isHeavy, isOpen: isOpen, handler: handler)
    }

    package static func post(_ path: String, isHeavy: Bool = false, handler: @escaping Handler) -> Route {
        Route(.post, path, isHeavy: isHeavy, handler: handler)
    }

    /// What the pattern captures from the segments of a path, nil when it does not match.
    func captures(from given: [String]) -> [String: String]? {
        let wanted = path.split(separator: "/", omittingEmptySubsequences: false)
        guard wanted.count == given.count else { return nil }
        var captures: [String: String] = [:]
        for (want, have) in zip(wanted, given) {
            if want.first == "{", want.last == "}", !have.isEmpty {
                captures[String(want.dropFirst().dropLast())] = have
            } else if want != have {
                return nil
            }
        }
        return captures
    }
}
