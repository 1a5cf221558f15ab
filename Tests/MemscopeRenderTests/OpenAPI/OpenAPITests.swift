import Foundation
import MemscopeRender
import Testing

@Suite("OpenAPI document") struct OpenAPITests {
    private let document = OpenAPIDocument.render(version: "0.1.0")

    private func withDocument<Result>(_ body: (URL, String) throws -> Result) throws -> Result {
        try Tool.withTemporaryFolder { folder in
            let file = folder.appending(path: "openapi.json")
            try Data(document).write(to: file)
            return try body(folder, file.path)
        }
    }

    @Test("openapi-spec-validator accepts it")
    func valid() throws {
        try withDocument { _, path in
            let outcome = try Tool.run("openapi-spec-validator", path)
            #expect(outcome.status == 0, "\(outcome.output)")
        }
    }

    @Test("Every answer fits the schema it promises, and a changed envelope does not")
    func answers() throws {
        try withDocument { folder, path in
            func check(_ schema: String, _ bytes: [UInt8]) throws -> Tool.Outcome {
                let file = folder.appending(path: "answer.json")
                try Data(bytes).write(to: file)
                let script = Tool.root.appending(path: "Tests/Formats/validate_answers.py").path
                return try Tool.run("python3", script, path, schema, file.path)
            }
            for answer in Answers.all {
                let outcome = try check("Answer", answer.bytes)
                #expect(outcome.status == 0, "\(answer.path): \(outcome.output)")
            }
            #expect(try check("Unavailable", Answers.unavailable).status == 0)
            #expect(try check("Answer", Answers.unavailable).status == 1)
            let renamed = String(decoding: Answers.all[0].bytes, as: UTF8.self).replacing(
                "\"dropped\"",
                with: "\"lost\""
            )
            let outcome = try check("Answer", Array(renamed.utf8))
            #expect(outcome.status == 1 && outcome.output.contains("'dropped' is a required property"))
        }
    }

    @Test("It lists every route of docs/wire-format.md")
    func routes() throws {
        let text = try String(contentsOf: Tool.root.appending(path: "docs/wire-format.md"), encoding: .utf8)
        let object = try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any]
        let paths = try #require(object?["paths"] as? [String: [String: Any]])
        let halves = text.components(separatedBy: "## POST")
        for (half, method) in zip(halves, ["get", "post"]) {
            let rows = half.matches(of: /\| `(\/api\/[a-z]+)`/).map { String($0.output.1) }
            #expect(!rows.isEmpty)
            for row in rows { #expect(paths[row]?[method] != nil, "\(method) \(row)") }
        }
        let planned = try #require(text.firstMatch(of: /are built: `([^`]*)`, `POST ([^`]*)`/)).output
        let names = planned.1.split(whereSeparator: \.isWhitespace) + planned.2.split(separator: " ")
        #expect(Set(names.map { "/api/\($0)" }) == Set(RouteTable.planned.map(\.path)))
        for name in names { #expect(paths["/api/\(name)"] == nil, "\(name) is not built") }
    }

    @Test("No route is described twice, and required parameters have no default")
    func table() {
        let lines = RouteTable.routes.map(\.line)
        #expect(Set(lines).count == lines.count)
        for route in RouteTable.routes {
            #expect(Set(route.parameters.map(\.name)).count == route.parameters.count)
            #expect(!route.about.isEmpty)
            let inBraces = route.path.matches(of: /{([a-z]+)}/).map { String($0.output.1) }
            #expect(route.parameters(in: .path).map(\.name) == inBraces)
        }
    }

    @Test("The page asks for the light resources at once, and for the others one after another")
    func lightResources() throws {
        let script = Tool.root.appending(path: "Public/js/api/client.js")
        let text = try String(contentsOf: script, encoding: .utf8)
        let list = try #require(text.firstMatch(of: /LIGHT = new Set\(\[([^\]]*)\]/)).output.1
        let named = list.matches(of: /"([^"]*)"/).map { String($0.output.1) }
        // Events come by a stream of their own.
        let light = RouteTable.routes.filter { !$0.isHeavy && $0.answer != .events && $0.path.hasPrefix("/api/") }
        #expect(named.sorted() == light.map { $0.line.replacing("/api/", with: "") }.sorted())
    }
}
