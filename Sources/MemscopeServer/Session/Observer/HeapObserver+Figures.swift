internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

// The core's figures, for the routes.
extension HeapObserver {
    /// Every call stack with its counters.
    func sites() -> [Site] { CaptureCore.sites() }

    /// Every distinct memory error, in the order in which the errors were first seen.
    func memoryErrors() -> [MemoryError] { CaptureCore.errors() }

    /// The settings of the memory checks, and what the checks found.
    func checkTotals() -> CheckTotals { CaptureCore.checkTotals() }

    func flameGraph(by weight: FlameWeight) -> FlameGraph {
        let sites = sites()
        return withNames { names in
            // Boxes with less than a twentieth of a percent are narrower than a pixel.
            FlameGraph(sites: sites, weight: weight, minimumShare: 0.0005, places: names.places())
        }
    }

    /// A profile for `go tool pprof`.
    func profile(_ focus: PprofProfile.Focus, version: String) -> [UInt8] {
        let sites = sites()
        let process = identity
        let now = process.anchorUnix + (CaptureCore.now - process.anchorMonotonic)
        let totals = CaptureCore.totals()
        let isMeasured = totals.sampledAllocations == 0
        var comments = ["MemScope \(version)", "mode \(CaptureCore.mode.rawValue)"]
        if totals.recycledSites > 0 {
            comments.append(
                "\(totals.recycledAllocations) allocations of \(totals.recycledSites) recycled call stacks are missing"
            )
        }
        return withNames { names in
            PprofProfile.encode(
                sites: sites,
                images: names.images,
                focus: focus,
                sampleInterval: isMeasured ? 1 : CaptureCore.sampleInterval,
                unixTime: now,
                comments: comments,
                places: names.places()
            )
        }
    }

    /// The figures in Prometheus' text format.
    func metrics() -> [UInt8] {
        PrometheusText.metrics(
            summaryValues(),
            leaks: graph.lastKept?.summary,
            checks: checkTotals(),
            mode: CaptureCore.mode
        )
    }

    func metadataValues(version: String) -> MetadataValues {
        withNames { names in
            MetadataValues(
                version: version,
                swiftRuntime: swiftRuntimeVersion,
                allocator: CaptureCore.allocatorName,
                images: names.images,
                imageNames: names.namesOfMappedImages(),
                resolvedSymbols: Int(names.symbolCounts.resolved),
                unresolvedSymbols: Int(names.symbolCounts.unresolved),
                typeReaderProblem: names.typesUnavailableReason,
                layoutProblems: names.layoutProblems
            )
        }
    }

    /// The settings under which the process is observed; the server gives its address and limits.
    func configValues(serverURL: String?, limits: HTTPDaemon.Limits) -> ConfigValues {
        let totals = CaptureCore.totals()
        return ConfigValues(
            mode: CaptureCore.mode,
            sampleInterval: CaptureCore.sampleInterval,
            serverURL: serverURL,
            limits: ConfigLimits(
                snapshots: withSnapshots { $0.capacity },
                marks: Timeline.markCapacity,
                pageRows: RouteParameters.pageLimit.upperBound,
                stackFrames: CaptureCore.stackFrameLimit,
                sites: totals.siteCapacity,
                ownBytes: totals.ownLimitBytes,
                requestBodyBytes: limits.bodyBytes,
                connections: limits.connections,
                eventStreams: hub.streamLimit
            ),
            isActive: CaptureCore.isActive,
            checks: checkTotals(),
            showsContents: settings.showsContents
        )
    }
}

/// The version of the compiler that built MemScope; MemScope was tested with the runtime of this version.
private var swiftRuntimeVersion: String {
    #if compiler(>=6.4)
    "6.4 or later"
    #elseif compiler(>=6.3)
    "6.3"
    #else
    "6.2"
    #endif
}
