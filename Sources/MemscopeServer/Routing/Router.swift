internal import MemscopeRender

/// The routing table: finds the route for a request, and refuses requests without a route.
package struct Router: Sendable {
    /// Answers requests that match no route; nil leads to a 404.
    package typealias Fallback = @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse?

    /// The route to call, and the request to call it with.
    package struct Match: Sendable {
        package var route: Route
        /// The request, including the parameters in its path.
        package var request: HTTPRequest

        /// Answers on the calling thread, unless the request does not fit the route's description.
        package func run() throws(HTTPError) -> HTTPResponse {
            try route.handler(request.checked(for: route.description))
        }
    }

    package let routes: [Route]
    private let fallback: Fallback

    /// - Parameters:
    ///   - routes: The first matching route answers.
    ///   - fallback: Serves files.
    package init(_ routes: [Route], fallback: @escaping Fallback = { _ in nil }) {
        self.routes = routes
        self.fallback = fallback
    }

    /// Finds the route of a request without running it.
    ///
    /// A request that matches no route goes to the fallback, and if that has no answer, to a 404 with the list of
    /// routes.
    ///
    /// - Throws: 405 with `Allow` when the path exists for another method.
    package func match(_ request: HTTPRequest) throws(HTTPError) -> Match {
        let method = request.method == "HEAD" ? "GET" : request.method
        var allowed: Set<String> = []
        for route in routes {
            guard let captures = route.captures(from: request.segments) else { continue }
            let wanted = route.description.method
            if wanted.rawValue == method {
                var request = request
                request.parameters = captures
                return Match(route: route, request: request)
            }
            allowed.formUnion(wanted == .get ? ["GET", "HEAD"] : [wanted.rawValue])
        }
        guard allowed.isEmpty else {
            throw .methodNotAllowed(request.method, path: request.path, allowed: allowed.sorted())
        }
        let file = RouteDescription(.get, request.path, ignoresOthers: true)
        return Match(route: Route(file, handler: respondWithFallback), request: request)
    }

    /// Answers a request on the calling thread.
    package func respond(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try match(request).run()
    }

    // It runs as a route and not during matching, so that the token is checked before.
    private func respondWithFallback(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        guard let response = try fallback(request) else {
            throw .notFound(
                "nothing answers \(request.path)",
                hint: "see the list of routes",
                routes: routes.map(\.description.line)
            )
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            throw .methodNotAllowed(request.method, path: request.path, allowed: ["GET", "HEAD"])
        }
        return response
    }
}
