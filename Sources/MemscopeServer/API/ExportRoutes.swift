internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// Routes for other tools.
    var exports: [Route] {
        [
            Route(RouteTable.heapProfile) { _ throws(HTTPError) in try pprof(.heap) },
            Route(RouteTable.allocationProfile) { _ throws(HTTPError) in try pprof(.allocs) },
            Route(RouteTable.metrics) { _ in
                HTTPResponse(contentType: PrometheusText.mediaType, body: .bytes(observer.metrics()))
            },
            Route(RouteTable.health) { _ in HTTPResponse(text: "ok\n") },
            Route(RouteTable.openAPI) { _ in
                HTTPResponse(json: OpenAPIDocument.render(version: version, needsToken: hasToken))
            },
        ]
    }

    private func pprof(_ focus: PprofProfile.Focus) throws(HTTPError) -> HTTPResponse {
        let profile = observer.profile(focus, version: version)
        guard let bytes = gzipped(profile) else { throw .internalError("zlib could not compress the profile") }
        return HTTPResponse(contentType: "application/octet-stream", body: .bytes(bytes))
    }
}
