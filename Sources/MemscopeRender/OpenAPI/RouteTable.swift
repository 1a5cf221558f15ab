import MemscopeAnalysis
import Tracking

/// Every route of the contract, with its parameters.
package enum RouteTable {
    package static let pageLimit = 1...1000
    package static let defaultPageLimit = 100

    package static let routes = resources + graph + findings + actions + planned + files

    private static let resources: [RouteDescription] = [
        RouteDescription("GET", "/api/summary", "The whole process' figures, now."),
        RouteDescription(
            "GET",
            "/api/timeline",
            "How the figures moved, as columns, and the marks.",
            parameters: [
                ParameterDescription(
                    "resolution",
                    "Distance of the points.",
                    .choice(TimelineResolution.allCases.map(\.rawValue), default: "1s")
                )
            ]
        ),
        RouteDescription(
            "GET",
            "/api/sites",
            "Call stacks with their counters.",
            parameters: list(SiteColumn.self, default: "-bytes")
        ),
        RouteDescription(
            "GET",
            "/api/types",
            "Live blocks by type.",
            parameters: list(TypeColumn.self, default: "-bytes")
        ),
        RouteDescription(
            "GET",
            "/api/threads",
            "Threads that allocated.",
            parameters: list(ThreadColumn.self, default: "-allocatedBytes")
        ),
        RouteDescription("GET", "/api/snapshots", "The snapshots that are kept."),
        RouteDescription(
            "GET",
            "/api/snapshot",
            "One snapshot by call stack and by type.",
            parameters: [
                ParameterDescription("id", "Id or name; without it, the heap of now, which is not kept."), limit,
            ]
        ),
        RouteDescription(
            "GET",
            "/api/diff",
            "What changed between two snapshots.",
            parameters: [
                ParameterDescription("from", "Id or name of the older snapshot.", isRequired: true),
                ParameterDescription(
                    "to",
                    "Id or name of the newer snapshot; without it, or \"now\", the heap of now."
                ),
                limit,
            ]
        ),
        RouteDescription(
            "GET",
            "/api/flamegraph",
            "Call stacks merged into one tree.",
            parameters: [
                ParameterDescription(
                    "weight",
                    "What a node's value counts.",
                    .choice(FlameWeight.allCases.map(\.rawValue), default: FlameWeight.bytes.rawValue)
                )
            ]
        ),
        RouteDescription("GET", "/api/metadata", "Version, images, symbols."),
        RouteDescription("GET", "/api/config", "Mode, limits, server address."),
        RouteDescription(
            "GET",
            "/api/events",
            "Server-sent events: summary, mark, mode, snapshot, leakscan, memoryerror.",
            answer: .other("text/event-stream")
        ),
    ]

    private static let actions: [RouteDescription] = [
        RouteDescription(
            "POST",
            "/api/snapshots",
            "Takes a snapshot and keeps it.",
            body: [ParameterDescription("name", "What to call it; its id without.")],
            answer: .created
        ),
        RouteDescription(
            "POST",
            "/api/mark",
            "Puts a named mark on the timeline.",
            body: [ParameterDescription("name", "What happened.", isRequired: true)],
            answer: .created
        ),
        RouteDescription(
            "POST",
            "/api/mode",
            "Sets how much is recorded.",
            body: [
                ParameterDescription(
                    "mode",
                    "The mode from now on.",
                    .choice(MemScope.Mode.allCases.map(\.rawValue), default: nil),
                    isRequired: true
                )
            ]
        ),
    ]

    private static let planned: [RouteDescription] =
        [
            ("tasks", "Live blocks by task."), ("ffi", "Blocks that crossed into C."),
            ("variables", "Tracked variables."), ("scopes", "Measured scopes."),
            ("lifecycle", "Births and deaths of blocks."), ("query", "Questions over the record."),
        ].map { RouteDescription("GET", "/api/\($0.0)", $0.1, answer: .planned) }
        + [RouteDescription("POST", "/api/trim", "Asks the allocator to return memory.", answer: .planned)]

    private static let graph: [RouteDescription] = [
        RouteDescription(
            "GET",
            "/api/leaks",
            "Unreachable blocks, and what grows.",
            parameters: list(LeakColumn.self, default: "-bytes") + [
                ParameterDescription(
                    "kind",
                    "Only this kind.",
                    .choice(MemScope.HeapAnalysis.Leak.Kind.allCases.map(\.rawValue), default: nil)
                )
            ],
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/cycles",
            "Retain cycles.",
            parameters: list(FindingColumn.self, default: "-bytes"),
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/relations",
            "How types hold one another.",
            parameters: list(FindingColumn.self, default: "-bytes") + [
                ParameterDescription(
                    "kind",
                    "Only this kind.",
                    .choice(RelationKind.allCases.map(\.rawValue), default: nil)
                )
            ],
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}",
            "One block: who holds it, and what it holds.",
            parameters: [address],
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}/referrers",
            "The words that refer to a block, by address.",
            parameters: [address, limit, cursor],
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}/referents",
            "The words of a block that refer to others, by offset.",
            parameters: [address, limit, cursor],
            answer: .finding
        ),
        RouteDescription(
            "GET",
            "/api/types/{name}/objects",
            "The blocks of a type.",
            parameters: [
                ParameterDescription("name", "As /api/types has it.", isRequired: true, isInPath: true),
                ParameterDescription(
                    "kind",
                    "Only of this kind.",
                    .choice(TypeKind.allCases.map(\.rawValue), default: nil)
                ),
            ] + list(InstanceColumn.self, default: "-retainedBytes"),
            answer: .finding
        ),
        RouteDescription("POST", "/api/leakscan", "Looks at the whole heap now.", answer: .finding),
    ]

    private static let findings: [RouteDescription] = [
        RouteDescription(
            "GET",
            "/api/errors",
            "Memory errors, and how they are looked for.",
            parameters: list(ErrorColumn.self, default: "firstSeen") + [
                ParameterDescription(
                    "kind",
                    "Only this kind.",
                    .choice(MemoryError.Kind.allCases.map(\.rawValue), default: nil)
                )
            ]
        ),
        RouteDescription(
            "GET",
            "/api/safety",
            "What all detectors found, by risk.",
            parameters: list(SafetyColumn.self, default: "-severity") + [
                ParameterDescription(
                    "detector",
                    "Only of this detector.",
                    .choice(SafetyFinding.Detector.allCases.map(\.rawValue), default: nil)
                )
            ]
        ),
    ]

    private static let files: [RouteDescription] = [
        RouteDescription("GET", "/", "The dashboard.", answer: .other("text/html")),
        RouteDescription(
            "GET",
            "/debug/pprof/heap",
            "Live blocks for go tool pprof, gzipped.",
            answer: .other("application/octet-stream")
        ),
        RouteDescription(
            "GET",
            "/debug/pprof/allocs",
            "All allocations for go tool pprof, gzipped.",
            answer: .other("application/octet-stream")
        ),
        RouteDescription("GET", "/metrics", "For Prometheus.", answer: .other("text/plain")),
        RouteDescription("GET", "/healthz", "Answers while the server runs.", answer: .other("text/plain")),
        RouteDescription("GET", "/openapi.json", "This description.", answer: .other("application/json")),
    ]

    private static let limit = ParameterDescription(
        "limit",
        "Most rows.",
        .integer(pageLimit, default: defaultPageLimit)
    )

    private static let cursor = ParameterDescription("cursor", "The last answer's next.")

    private static let address = ParameterDescription(
        "addr",
        "An address within the block, 0x….",
        isRequired: true,
        isInPath: true
    )

    private static func list<Column: ListColumn>(
        _ columns: Column.Type,
        default fallback: String
    ) -> [ParameterDescription] {
        [
            limit,
            cursor,
            ParameterDescription(
                "sort",
                "A column, - for descending.",
                .choice(Column.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] }, default: fallback)
            ),
        ]
    }
}
