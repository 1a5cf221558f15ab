internal import MemscopeAnalysis

/// All routes of the server, each described once.
package enum RouteTable {
    /// The answered routes, in the order in which a 404 lists them; the dashboard, which is a file, comes last.
    package static let routes =
        figures + tracked + snapshots + graph + findings + actions + exports + [
            RouteDescription(.get, "/", "The dashboard.", parameters: [RouteParameters.token], answer: .page)
        ]

    /// A route that walks over the heap, looks up names, or sorts.
    private static func heavy(
        _ method: RouteDescription.Method,
        _ path: String,
        _ about: String,
        _ parameters: [any ParameterDescription] = [],
        answer: AnswerKind = .resource,
        mayMiss: Bool = false
    ) -> RouteDescription {
        RouteDescription(
            method,
            path,
            about,
            parameters: parameters,
            answer: answer,
            isHeavy: true,
            mayMiss: mayMiss
        )
    }

    /// The parameters of a list, and the filters that select rows.
    private static func list<Column: ListColumn>(
        _ columns: Column.Type,
        _ filters: any ParameterDescription...
    ) -> [any ParameterDescription] {
        [RouteParameters.limit, RouteParameters.cursor(columns), RouteParameters.sort(columns)] + filters
    }
}

extension RouteTable {
    private static let figures = [
        summary, timeline, sites, types, threads, tasks, scopes, scope, flameGraph, metadata, config, events,
    ]

    package static let summary = RouteDescription(.get, "/api/summary", "The whole process' figures, now.")
    package static let timeline = RouteDescription(
        .get,
        "/api/timeline",
        "How the figures moved, as columns, and the marks.",
        parameters: [RouteParameters.resolution]
    )
    package static let sites = heavy(.get, "/api/sites", "Call stacks with their counters.", list(SiteColumn.self))
    package static let types = heavy(.get, "/api/types", "Live blocks by type.", list(TypeColumn.self))
    package static let threads = heavy(.get, "/api/threads", "Threads that allocated.", list(ThreadColumn.self))
    package static let tasks = heavy(
        .get,
        "/api/tasks",
        "Swift tasks that allocated.",
        list(TaskColumn.self, RouteParameters.taskState)
    )
    package static let scopes = heavy(
        .get,
        "/api/scopes",
        "What named parts of the program allocate.",
        list(ScopeColumn.self, RouteParameters.scopeGrouping)
    )
    package static let scope = heavy(
        .get,
        "/api/scopes/{id}",
        "What has escaped from a scope, by call stack and by type.",
        [RouteParameters.scope, RouteParameters.limit],
        mayMiss: true
    )
    package static let flameGraph = heavy(
        .get,
        "/api/flamegraph",
        "Call stacks merged into one tree.",
        [RouteParameters.weight]
    )
    package static let metadata = heavy(.get, "/api/metadata", "Version, images, symbols.")
    package static let config = RouteDescription(.get, "/api/config", "Mode, limits, server address.")
    package static let events = RouteDescription(
        .get,
        "/api/events",
        "Server-sent events: summary, mark, mode, snapshot, leakscan, memoryerror.",
        answer: .events
    )
}

extension RouteTable {
    private static let tracked = [variables, variable]

    package static let variables = heavy(
        .get,
        "/api/variables",
        "Tracked variables, and the memory that they own.",
        list(VariableColumn.self, RouteParameters.variableFilter)
    )
    package static let variable = heavy(
        .get,
        "/api/variables/{id}",
        "One variable: its blocks, its changes, and their call stacks.",
        [RouteParameters.variable],
        mayMiss: true
    )
}

extension RouteTable {
    private static let snapshots = [keptSnapshots, snapshot, diff, keepSnapshot]

    package static let keptSnapshots = RouteDescription(.get, "/api/snapshots", "The snapshots that are kept.")
    package static let snapshot = heavy(
        .get,
        "/api/snapshot",
        "One snapshot by call stack and by type.",
        [RouteParameters.snapshot, RouteParameters.limit],
        mayMiss: true
    )
    package static let diff = heavy(
        .get,
        "/api/diff",
        "What changed between two snapshots.",
        [RouteParameters.older, RouteParameters.newer, RouteParameters.limit],
        mayMiss: true
    )
    package static let keepSnapshot = heavy(
        .post,
        "/api/snapshots",
        "Takes a snapshot and keeps it.",
        [RouteParameters.snapshotName],
        answer: .created
    )
}

// The routes about the heap graph.
extension RouteTable {
    private static let graph = [leakScan, leaks, cycles, relations, object, referrers, referents, instances]

    package static let leakScan = heavy(.post, "/api/leakscan", "Scans the whole heap now.", answer: .finding)
    package static let leaks = heavy(
        .get,
        "/api/leaks",
        "Unreachable blocks, and what grows.",
        list(LeakColumn.self, RouteParameters.leakKind),
        answer: .finding
    )
    package static let cycles = heavy(.get, "/api/cycles", "Retain cycles.", list(FindingColumn.self), answer: .finding)
    package static let relations = heavy(
        .get,
        "/api/relations",
        "How types hold one another.",
        list(FindingColumn.self, RouteParameters.relationKind),
        answer: .finding
    )
    package static let object = heavy(
        .get,
        "/api/objects/{addr}",
        "One block: who holds it, and what it holds.",
        [RouteParameters.address],
        answer: .finding,
        mayMiss: true
    )
    package static let referrers = heavy(
        .get,
        "/api/objects/{addr}/referrers",
        "The words that refer to a block, by address.",
        [RouteParameters.address, RouteParameters.limit, RouteParameters.position],
        answer: .finding,
        mayMiss: true
    )
    package static let referents = heavy(
        .get,
        "/api/objects/{addr}/referents",
        "The words of a block that refer to others, by offset.",
        [RouteParameters.address, RouteParameters.limit, RouteParameters.position],
        answer: .finding,
        mayMiss: true
    )
    package static let instances = heavy(
        .get,
        "/api/types/{name}/objects",
        "The blocks of a type.",
        [RouteParameters.typeName] + list(InstanceColumn.self, RouteParameters.typeKind),
        answer: .finding,
        mayMiss: true
    )
}

// The findings of the memory checks, and the findings of all detectors by risk.
extension RouteTable {
    private static let findings = [errors, safety]

    package static let errors = heavy(
        .get,
        "/api/errors",
        "Memory errors, and the state of the checks.",
        list(ErrorColumn.self, RouteParameters.errorKind)
    )
    package static let safety = heavy(
        .get,
        "/api/safety",
        "What all detectors found, by risk.",
        list(SafetyColumn.self, RouteParameters.detector)
    )
}

extension RouteTable {
    private static let actions = [mark, mode]

    package static let mark = RouteDescription(
        .post,
        "/api/mark",
        "Puts a named mark on the timeline.",
        parameters: [RouteParameters.mark],
        answer: .created
    )
    package static let mode = RouteDescription(
        .post,
        "/api/mode",
        "Sets how much is recorded.",
        parameters: [RouteParameters.mode]
    )
}

// Routes for other tools.
extension RouteTable {
    private static let exports = [heapProfile, allocationProfile, metrics, health, openAPI]

    package static let heapProfile = profile("/debug/pprof/heap", "Live blocks for go tool pprof, gzipped.")
    package static let allocationProfile = profile("/debug/pprof/allocs", "All allocations for go tool pprof, gzipped.")
    package static let metrics = RouteDescription(.get, "/metrics", "For Prometheus.", answer: .other("text/plain"))
    package static let health = RouteDescription(
        .get,
        "/healthz",
        "Answers while the server runs.",
        answer: .other("text/plain"),
        isOpen: true,
        ignoresOthers: true
    )
    package static let openAPI = RouteDescription(
        .get,
        "/openapi.json",
        "This description.",
        answer: .other("application/json")
    )

    private static func profile(_ path: String, _ about: String) -> RouteDescription {
        // `go tool pprof` adds parameters of its own, such as seconds and debug; they change nothing.
        let answer = AnswerKind.other("application/octet-stream")
        return RouteDescription(.get, path, about, answer: answer, isHeavy: true, ignoresOthers: true)
    }
}

extension RouteTable {
    /// Routes that are not available yet; they are answered, but not described to clients.
    package static let planned =
        ["ffi", "lifecycle", "query"].map { planned(.get, $0) }
        + [planned(.post, "trim")]

    private static func planned(_ method: RouteDescription.Method, _ name: String) -> RouteDescription {
        RouteDescription(method, "/api/\(name)", ignoresOthers: true)
    }
}
