internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// What other tools read.
    var exports: [Route] {
        [
            .get("/debug/pprof/heap", isHeavy: true) { request throws(HTTPError) in try pprof(request, focus: .heap) },
            .get("/debug/pprof/allocs", isHeavy: true) { request throws(HTTPError) in
                try pprof(request, focus: .allocs)
            },
            .get("/metrics") { request throws(HTTPError) in
                try request.allowParameters()
                return HTTPResponse(
                    contentType: PrometheusText.mediaType,
                    body: .bytes(
                        PrometheusText.metrics(
                            observer.summaryValues(),
                            leaks: observer.graph.lastKept?.summary,
                            checks: CaptureCore.checkTotals(),
                            mode: CaptureCore.mode
                        )
                    )
                )
            },
            .get("/healthz", isOpen: true) { _ in HTTPResponse(text: "ok\n") },
            .get("/openapi.json") { request throws(HTTPError) in
                try request.allowParameters()
                return HTTPResponse(json: OpenAPIDocument.render(version: MemScope.version, needsToken: hasToken))
            },
        ]
    }

    private func pprof(_ request: HTTPRequest, focus: PprofProfile.Focus) throws(HTTPError) -> HTTPResponse {
        // go tool pprof adds parameters of its own, such as seconds and debug: they change nothing here.
        let sites = CaptureCore.sites()
        let process = observer.envelope().process
        let now = process.anchorUnix + (CaptureCore.now - process.anchorMonotonic)
        let isMeasured = CaptureCore.totals().sampledAllocations == 0
        let profile = observer.withNames { names in
            PprofProfile.encode(
                sites: sites,
                images: names.images,
                focus: focus,
                sampleInterval: isMeasured ? 1 : CaptureCore.sampleInterval,
                unixTime: now,
                comments: ["MemScope \(MemScope.version)", "mode \(CaptureCore.mode.rawValue)"],
                places: names.places()
            )
        }
        guard let bytes = gzipped(profile) else { throw .internalError("zlib could not compress the profile") }
        return HTTPResponse(contentType: "application/octet-stream", body: .bytes(bytes))
    }
}
