package import MemscopeRender

/// One line of the routing table: what is asked, and who answers.
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

    /// What the pattern captures from the segments of a path, nil when it does not match.
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
