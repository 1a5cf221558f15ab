package import MemscopeRender

/// One entry of the routing table: a description of the request, and its handler.
package struct Route: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse

    package let description: RouteDescription
    package let handler: Handler

    package init(_ description: RouteDescription, handler: @escaping Handler) {
        self.description = description
        self.handler = handler
    }

    var isHeavy: Bool { description.isHeavy }
    var isOpen: Bool { description.isOpen }

    /// The values that the pattern captures from the segments of a path; nil when the path does not match.
    func captures(from given: [String]) -> [String: String]? {
        let wanted = description.path.split(separator: "/", omittingEmptySubsequences: false)
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
