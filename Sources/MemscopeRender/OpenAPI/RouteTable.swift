import MemscopeAnalysis
import Tracking

/// Every route of the contract, with its parameters.
package enum RouteTable {
    package static let pageLimit = 1...1000
    package static let defaultPageLimit = 100
    /// Of snapshots and marks, in characters.
    package static let nameLength = 1...200

    /// What answers.
    package static let routes = resources + graph + findings + actions + files

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
            parameters: list(SiteColumn.self, default: "-bytes"),
            isHeavy: true
        ),
        RouteDescription(
            "GET",
            "/api/types",
            "Live blocks by type.",
            parameters: list(TypeColumn.self, default: "-bytes"),
            isHeavy: true
        ),
        RouteDescription(
            "GET",
            "/api/threads",
            "Threads that allocated.",
            parameters: list(ThreadColumn.self, default: "-allocatedBytes"),
            isHeavy: true
        ),
        RouteDescription("GET", "/api/snapshots", "The snapshots that are kept."),
        RouteDescription(
            "GET",
            "/api/snapshot",
            "One snapshot by call stack and by type.",
            parameters: [
                ParameterDescription(
                    "id",
                    "Id or name; \"now\" is the heap of now, which is not kept.",
                    .text(default: "now")
                ),
                limit,
            ],
            isHeavy: true,
            mayMiss: true
        ),
        RouteDescription(
            "GET",
            "/api/diff",
            "What changed between two snapshots.",
            parameters: [
                ParameterDescription("from", "Id or name of the older snapshot.", isRequired: true),
                ParameterDescription(
                    "to",
                    "Id or name of the newer snapshot; \"now\" is the heap of now.",
                    .text(default: "now")
                ),
                limit,
            ],
            isHeavy: true,
            mayMiss: true
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
            ],
            isHeavy: true
        ),
        RouteDescription("GET", "/api/metadata", "Version, images, symbols.", isHeavy: true),
        RouteDescription("GET", "/api/config", "Mode, limits, server address."),
        RouteDescription(
            "GET",
            "/api/events",
            "Server-sent events: summary, mark, mode, snapshot, leakscan, memoryerror.",
            answer: .other("text/event-stream"),
            isHeavy: true
        ),
    ]

    private static let actions: [RouteDescription] = [
        RouteDescription(
            "POST",
            "/api/snapshots",
            "Takes a snapshot and keeps it.",
            body: [
                ParameterDescription(
                    "name",
                    "What to call it, other than an id (s1) or now; its id without.",
                    .text(pattern: "^(?!(now|s[0-9]+)$)[^\\u0000]+$", maximum: nameLength.upperBound)
                )
            ],
            answer: .created,
            isHeavy: true
        ),
        RouteDescription(
            "POST",
            "/api/mark",
            "Puts a named mark on the timeline.",
            body: [
                ParameterDescription("name", "What happened.", .text(maximum: nameLength.upperBound), isRequired: true)
            ],
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

    /// Answered with what is not there yet.
    package static let planned: [RouteDescription] =
        [
            ("tasks", "Live blocks by task."), ("ffi", "Blocks that crossed into C."),
            ("variables", "Tracked variables."), ("scopes", "Measured scopes."),
            ("lifecycle", "Births and deaths of blocks."), ("query", "Questions over the record."),
        ].map { RouteDescription("GET", "/api/\($0.0)", $0.1) }
        + [RouteDescription("POST", "/api/trim", "Asks the allocator to return memory.")]

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
            answer: .finding,
            isHeavy: true
        ),
        RouteDescription(
            "GET",
            "/api/cycles",
            "Retain cycles.",
            parameters: list(FindingColumn.self, default: "-bytes"),
            answer: .finding,
            isHeavy: true
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
            answer: .finding,
            isHeavy: true
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}",
            "One block: who holds it, and what it holds.",
            parameters: [address],
            answer: .finding,
            isHeavy: true,
            mayMiss: true
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}/referrers",
            "The words that refer to a block, by address.",
            parameters: [address, limit, placeCursor],
            answer: .finding,
            isHeavy: true,
            mayMiss: true
        ),
        RouteDescription(
            "GET",
            "/api/objects/{addr}/referents",
            "The words of a block that refer to others, by offset.",
            parameters: [address, limit, placeCursor],
            answer: .finding,
            isHeavy: true,
            mayMiss: true
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
            answer: .finding,
            isHeavy: true,
            mayMiss: true
        ),
        RouteDescription("POST", "/api/leakscan", "Looks at the whole heap now.", answer: .finding, isHeavy: true),
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
            ],
            isHeavy: true
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
            ],
            isHeavy: true
        ),
    ]

    private static let files: [RouteDescription] = [
        RouteDescription(
            "GET",
            "/",
            "The dashboard.",
            parameters: [ParameterDescription("token", "Of the first visit: it is traded for a cookie.")],
            answer: .page
        ),
        RouteDescription(
            "GET",
            "/debug/pprof/heap",
            "Live blocks for go tool pprof, gzipped.",
            answer: .other("application/octet-stream"),
            isHeavy: true
        ),
        RouteDescription(
            "GET",
            "/debug/pprof/allocs",
            "All allocations for go tool pprof, gzipped.",
            answer: .other("application/octet-stream"),
            isHeavy: true
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

    private static func cursor(_ pattern: String) -> ParameterDescription {
        ParameterDescription("cursor", "The last answer's next, of a list in the same order.", .text(pattern: pattern))
    }

    private static let placeCursor = cursor("^[0-9]{1,9}$")

    private static let address = ParameterDescription(
        "addr",
        "An address within the block, 0x….",
        .text(pattern: "^0x[0-9a-fA-F]{1,16}$"),
        isRequired: true,
        isInPath: true
    )

    private static func list<Column: ListColumn>(
        _ columns: Column.Type,
        default fallback: String
    ) -> [ParameterDescription] {
        [
            limit,
            cursor(PageCursor<Column>.pattern),
            ParameterDescription(
                "sort",
                "A column, - for descending.",
                .choice(Column.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] }, default: fallback)
            ),
        ]
    }
}
