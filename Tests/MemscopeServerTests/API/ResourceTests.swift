import Foundation
import MemscopeRender
import MemscopeServer
import Testing

@Suite("Resources") struct ResourceTests {
    private static let resources = [
        "/api/summary", "/api/timeline", "/api/timeline?resolution=1m", "/api/sites", "/api/types", "/api/threads",
        "/api/tasks", "/api/tasks?state=suspended", "/api/scopes", "/api/variables", "/api/variables?alive=false",
        "/api/snapshots", "/api/snapshot", "/api/diff?from=now", "/api/flamegraph",
        "/api/flamegraph?weight=allocations",
        "/api/metadata", "/api/config", "/api/errors", "/api/safety",
    ]

    @Test("Each stands in the one envelope", arguments: resources) func envelope(target: String) {
        let answer = API.shared.get(target)
        #expect(answer.status == 200)
        #expect(answer.contentType == "application/json; charset=utf-8")
        let json = answer.json
        #expect(
            json.keys == [
                "schemaVersion", "generatedAt", "process", "mode", "quality", "dropped", "truncated", "data",
            ]
        )
        #expect(json.schemaVersion.number == 1)
        #expect(json.mode.text == "full")
        #expect(json.quality.text == "measured")
        #expect(json.process.pid.number == Int(getpid()))
        #expect(json.process.startedAt.number.map { $0 <= json.generatedAt.number ?? 0 } == true)
        // Both clocks at one moment: brought forward, the wall clock says now.
        let elapsed = (json.generatedAt.number ?? 0) - (json.process.wallAnchor.monotonic.number ?? 0)
        let wall = Double((json.process.wallAnchor.unix.number ?? 0) + elapsed) / 1e9
        #expect(abs(wall - Date().timeIntervalSince1970) < 60)
    }

    private static let planned = [
        "GET /api/ffi", "GET /api/lifecycle", "GET /api/query", "POST /api/trim",
    ]

    @Test("What a later version will answer says so, and how", arguments: planned) func laterVersion(line: String) {
        let words = line.split(separator: " ").map(String.init)
        let answer = API.shared.respond(words[0], words[1])
        #expect(answer.status == 200)
        #expect(answer.json.available.flag == false)
        #expect(answer.json.reason.text?.contains("is not part of MemScope \(MemScope.version)") == true)
        #expect(answer.json.enable.text?.isEmpty == false)
        #expect(!answer.json.keys.contains("data"))
        #expect(answer.json.schemaVersion.number == 1)
    }

    @Test("The description lists the routes that are served, and no others") func openAPI() {
        let api = API.shared
        let paths = api.get("/openapi.json").json.paths
        let described = paths.keys.flatMap { path in
            paths[dynamicMember: path].keys.map { "\($0.uppercased()) \(path)" }
        }
        let routes = api.router.routes.map(\.description)
        let served = routes.map(\.line)
        #expect(Set(served).count == served.count)
        let planned = routes.filter { route in
            !route.isHeavy && api.respond(route.method.rawValue, route.path).json.available.flag == false
        }
        #expect(planned.map(\.line) == RouteTable.planned.map(\.line))
        // The dashboard is a file, not a route.
        #expect(Set(described) == Set(served).subtracting(planned.map(\.line)).union(["GET /"]))
        #expect(served == RouteTable.routes.dropLast().map(\.line) + RouteTable.planned.map(\.line))
        for route in routes where described.contains(route.line) {
            let operations = paths[dynamicMember: route.path]
            let statuses = operations[dynamicMember: route.method.rawValue.lowercased()].responses.keys
            #expect(statuses.contains("503") == (route.isHeavy || route.path == "/api/events"), "\(route.line)")
            #expect(statuses.contains("415") == (route.method == .post), "\(route.line)")
            #expect(statuses.isSuperset(of: ["400", "403", "408", "411", "413", "431", "500", "505"]))
        }
    }

    @Test("An unknown path is answered with the routes there are") func unknownPath() {
        let answer = API.shared.get("/api/nothing")
        #expect(answer.status == 404)
        #expect(answer.error.code.text == "not-found")
        #expect(answer.error.message.text?.contains("/api/nothing") == true)
        #expect(answer.json.routes.list.contains { $0.text == "GET /api/summary" })
    }

    @Test("/metrics has the figures of the summary") func metrics() throws {
        let answer = API.shared.get("/metrics")
        #expect(answer.status == 200)
        #expect(answer.contentType.hasPrefix("text/plain"))
        let lines = answer.text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("memscope_") || $0.hasPrefix("process_") })
        let live = try #require(lines.first { $0.hasPrefix("memscope_live_bytes ") })
        #expect(live.split(separator: " ").last.flatMap { Double($0) } ?? 0 > 1000)
    }

    @Test("A profile is gzipped, and names where this test allocates", arguments: ["heap", "allocs"])
    func pprof(name: String) throws {
        let held = (0..<5).map { _ in allocateHeld(1_000_003) }
        defer { held.forEach { free(block: $0) } }
        // As go tool pprof asks, with a parameter of its own.
        let answer = API.shared.get("/debug/pprof/\(name)?seconds=1")
        #expect(answer.status == 200)
        #expect(answer.contentType == "application/octet-stream")
        let profile = String(decoding: try #require(gunzipped(answer.bytes, limit: 64 << 20)), as: UTF8.self)
        #expect(profile.contains("inuse_space"))
        #expect(profile.contains("alloc_space"))
        #expect(profile.contains("allocateHeld"))
    }

    @Test("/healthz says ok and is the only open route") func health() {
        #expect(API.shared.get("/healthz").text == "ok\n")
        #expect(API.shared.router.routes.map(\.description).filter(\.isOpen).map(\.path) == ["/healthz"])
    }
}

/// A block of the C heap by its address.
@inline(never) func allocateHeld(_ size: Int) -> UInt {
    unsafe UInt(bitPattern: malloc(size))
}

func free(block: UInt) {
    unsafe free(UnsafeMutableRawPointer(bitPattern: block))
}
