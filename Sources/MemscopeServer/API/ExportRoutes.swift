internal import MemscopeRender
internal import Tracking

extension APIRoutes {
    /// What other tools read.
    var exports: [Route] {
        [
            Route(RouteTable.heapProfile) { _ throws(HTTPError) in try pprof(.heap) },
            Route(RouteTable.allocationProfile) { _ throws(HTTPError) in try pprof(.allocs) },
            Route(RouteTable.metrics) { _ in
                HTTPResponse(
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
            Route(RouteTable.health) { _ in HTTPResponse(text: "ok\n") },
            Route(RouteTable.openAPI) { _ in
                HTTPResponse(json: OpenAPIDocument.render(version: MemScope.version, needsToken: hasToken))
            },
        ]
    }

    private func pprof(_ focus: PprofProfile.Focus) throws(HTTPError) -> HTTPResponse {
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
