import MemscopeAnalysis
import MemscopeRender
import Tracking

/// One answer of every resource, by the path that gives it.
enum Answers {
    private static let envelope = Fixtures.envelope

    static let all: [(path: String, bytes: [UInt8])] = lists + snapshots + graph + errors + rest

    private static let lists: [(path: String, bytes: [UInt8])] = [
        (
            "/api/sites",
            WireFormat.sites(
                Page(sites: Fixtures.sites, order: ListOrder(.bytes, isDescending: true), limit: 2),
                naming: Fixtures.frames(of:),
                in: envelope
            )
        ),
        (
            "/api/types",
            WireFormat.types(
                Page(types: Fixtures.snapshot.byType, order: ListOrder(.name, isDescending: false), limit: 100),
                retained: { $0.kind == .class ? 640 : nil },
                scan: GraphFixtures.scan,
                in: envelope
            )
        ),
        (
            "/api/threads",
            WireFormat.threads(
                Page(
                    threads: Fixtures.threads.filter { !$0.isInternal },
                    order: ListOrder(.allocatedBytes, isDescending: true),
                    limit: 100
                ),
                own: OwnThreads(in: Fixtures.threads),
                in: envelope
            )
        ),
        (
            "/api/tasks",
            WireFormat.tasks(
                Page(tasks: Fixtures.tasks.tasks, order: TaskColumn.defaultOrder, limit: 1),
                of: Fixtures.tasks,
                naming: Fixtures.frames(ofSite:),
                in: envelope
            )
        ),
        (
            "/api/scopes/{id}",
            WireFormat.scope(
                Fixtures.scopes.usages(by: .path)[1],
                escaped: Fixtures.snapshot,
                limit: 1,
                naming: Fixtures.frames(ofSite:),
                in: envelope
            )
        ),
        (
            "/api/scopes",
            WireFormat.scopes(
                Page(
                    scopes: Fixtures.scopes.usages(by: .path),
                    order: ListOrder(.escapedBytes, isDescending: true),
                    limit: 1
                ),
                of: Fixtures.scopes,
                in: envelope
            )
        ),
        (
            "/api/variables",
            WireFormat.variables(
                Page(variables: [VariableFixtures.usage], order: ListOrder(.bytes, isDescending: true), limit: 1),
                of: VariableCensus(),
                scan: GraphFixtures.scan,
                in: envelope
            )
        ),
        (
            "/api/variables/{id}",
            WireFormat.variable(VariableFixtures.values, naming: Fixtures.frames(ofSite:), in: envelope)
        ),
    ]

    private static let snapshots: [(path: String, bytes: [UInt8])] = {
        var store = SnapshotStore()
        let older = store.keep(Fixtures.snapshot, named: "before")
        let newer = store.keep(Fixtures.takeSnapshot(weight: 1, size: 30))
        return [
            ("/api/snapshots", WireFormat.snapshots(store, in: envelope)),
            (
                "/api/snapshot",
                WireFormat.snapshot(older, limit: 1, naming: Fixtures.frames(ofSite:), in: envelope)
            ),
            (
                "/api/diff",
                WireFormat.diff(from: older, to: newer, limit: 100, naming: Fixtures.frames(ofSite:), in: envelope)
            ),
            ("POST /api/snapshots", WireFormat.kept(older, in: envelope)),
        ]
    }()

    private static let graph: [(path: String, bytes: [UInt8])] = [
        (
            "/api/leaks",
            WireFormat.leaks(
                Page(leaks: GraphFixtures.leaks, order: ListOrder(.bytes, isDescending: true), limit: 100),
                scan: GraphFixtures.scan,
                summary: GraphFixtures.summary,
                in: envelope
            )
        ),
        (
            "/api/cycles",
            WireFormat.cycles(
                Page(cycles: GraphFixtures.cycles, order: ListOrder(.count, isDescending: true), limit: 1),
                scan: GraphFixtures.scan,
                in: envelope
            )
        ),
        (
            "/api/relations",
            WireFormat.relations(
                Page(relations: GraphFixtures.relations, order: ListOrder(.bytes, isDescending: true), limit: 100),
                scan: GraphFixtures.scan,
                in: envelope
            )
        ),
        ("/api/objects/{addr}", WireFormat.object(GraphFixtures.object, scan: GraphFixtures.scan, in: envelope)),
        ("POST /api/leakscan", WireFormat.leakScan(GraphFixtures.scan, GraphFixtures.summary, in: envelope)),
    ]

    private static let errors: [(path: String, bytes: [UInt8])] = [
        (
            "/api/errors",
            WireFormat.errors(
                Page(errors: ErrorFixtures.errors, order: ListOrder(.firstSeen, isDescending: false), limit: 100),
                naming: { ErrorFixtures.values(of: $0) },
                checks: ErrorFixtures.checks,
                in: envelope
            )
        ),
        (
            "/api/safety",
            WireFormat.safety(
                {
                    var page = Page(
                        findings: ErrorFixtures.review.findings,
                        order: ListOrder(.severity, isDescending: true),
                        limit: 5
                    )
                    page.update { $0.stack = Fixtures.frames(ofSite: $0.site) }
                    return page
                }(),
                of: ErrorFixtures.review,
                in: envelope
            )
        ),
        ("the event memoryerror", WireFormat.memoryErrors(ErrorFixtures.checks, in: envelope)),
    ]

    private static let rest: [(path: String, bytes: [UInt8])] = [
        ("/api/summary", WireFormat.summary(Fixtures.summary, in: envelope)),
        ("/api/timeline", WireFormat.timeline(Fixtures.timeline, resolution: .second, in: envelope)),
        (
            "/api/flamegraph",
            WireFormat.flameGraph(
                FlameGraph(sites: Fixtures.sites, weight: .bytes, places: Fixtures.places),
                weight: .bytes,
                in: envelope
            )
        ),
        (
            "/api/metadata",
            WireFormat.metadata(
                MetadataValues(
                    version: "0.1.0",
                    swiftRuntime: "6.3.1",
                    allocator: "glibc",
                    images: Fixtures.images,
                    imageNames: Fixtures.imageNames,
                    resolvedSymbols: 5,
                    unresolvedSymbols: 1,
                    typeReaderProblem: "no Swift runtime",
                    layoutProblems: ["closure captures: not where expected"]
                ),
                in: envelope
            )
        ),
        (
            "/api/config",
            WireFormat.config(
                ConfigValues(
                    mode: .full,
                    sampleInterval: 524_288,
                    serverURL: "http://127.0.0.1:9100",
                    limits: ConfigLimits(
                        snapshots: 32,
                        marks: 256,
                        pageRows: 1000,
                        stackFrames: 128,
                        sites: 1 << 20,
                        ownBytes: 1 << 30,
                        requestBodyBytes: 65536,
                        connections: 64,
                        eventStreams: 8
                    ),
                    isActive: true,
                    checks: ErrorFixtures.checks,
                    showsContents: true
                ),
                in: envelope
            )
        ),
        ("POST /api/mark", WireFormat.mark(Mark(time: 3, name: "deploy"), in: envelope)),
        ("POST /api/mode", WireFormat.mode(.balanced, in: envelope)),
    ]

    static let unavailable = WireFormat.unavailable(
        reason: "there is no leak search yet",
        remedy: "a later version",
        in: envelope
    )
}
