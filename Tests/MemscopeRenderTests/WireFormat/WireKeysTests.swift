import Foundation
import Testing

/// The wire format is written down three times: here as code, for people in
/// `docs/wire-format.md`, for the page in `Public/js/wire-types.js` and the other files of types.
@Suite("Wire format keys") struct WireKeysTests {
    static let typesFiles = ["wire-types", "graph-types", "error-types", "named-types"].map {
        Tool.root.appending(path: "Public/js/\($0).js")
    }
    /// Described once for all: a frame, and what is known of a snapshot.
    private static let shared: Set<String> = [
        "function", "file", "line", "image", "address", "inlined",
        "id", "name", "takenAt", "liveBytes", "liveBlocks", "standardError", "consistent", "missedBlocks",
    ]

    private func keys(in json: Any) -> Set<String> {
        if let object = json as? [String: Any] {
            return object.reduce(into: Set(object.keys)) { $0.formUnion(keys(in: $1.value)) }
        }
        return (json as? [Any] ?? []).reduce(into: []) { $0.formUnion(keys(in: $1)) }
    }

    private func keys(_ bytes: [UInt8], data: Bool) throws -> Set<String> {
        let answer = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return keys(in: data ? try #require(answer["data"]) : answer)
    }

    /// Names in code spans, without quoted values, lists of values ("kind = …") and names of types.
    private func names(in cell: String) -> Set<String> {
        let spans = cell.replacing(/kind = `[^`]*`/, with: "").matches(of: /`([^`]*)`/).map { String($0.output.1) }
        let words = spans.joined(separator: " ").replacing(/:"[^"]*"/, with: "").replacing(/…as above/, with: "")
        return Set(words.matches(of: /[A-Za-z][A-Za-z0-9]*/).map { String($0.output) })
    }

    @Test("Every resource has the keys of its row in docs/wire-format.md, and no others")
    func document() throws {
        let text = try String(contentsOf: Tool.root.appending(path: "docs/wire-format.md"), encoding: .utf8)
        var documented: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `/api/") {
            let cells = line.replacing("\\|", with: "/").split(separator: "|").map(String.init)
            let path = cells[0].replacing("`", with: "").replacing(" ", with: "")
            // The table of POST routes shares paths with this one and comes later.
            if documented[path] == nil { documented[path] = names(in: cells[2]) }
        }
        for answer in Answers.all where answer.path.hasPrefix("/") {
            let row = try #require(documented[answer.path], "\(answer.path) has no row")
            let list: Set<String> =
                [
                    "/api/sites", "/api/types", "/api/threads", "/api/tasks", "/api/scopes", "/api/variables",
                    "/api/leaks", "/api/cycles", "/api/relations", "/api/errors", "/api/safety",
                ].contains(answer.path)
                ? ["total", "next"] : []
            let written = try keys(answer.bytes, data: true)
            #expect(
                written.subtracting(Self.shared).subtracting(list) == row.subtracting(Self.shared),
                "\(answer.path)"
            )
        }
    }

    @Test("The envelope is the one shown in docs/wire-format.md")
    func envelope() throws {
        let text = try String(contentsOf: Tool.root.appending(path: "docs/wire-format.md"), encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```json\n([^`]*)```/)).output.1
        let shown = keys(in: try JSONSerialization.jsonObject(with: Data(example.utf8)))
        let written = try keys(#require(Answers.all.first { $0.path == "POST /api/mode" }).bytes, data: false)
        // `mode` stands in the envelope as well as in this answer's data.
        #expect(written == shown)
    }

    @Test("The page knows no key that is never written") func page() throws {
        let text = try Self.typesFiles.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        let members = text.matches(of: /@property \{.*\} \[?([A-Za-z]+)/).map { String($0.output.1) }
        let inline = text.matches(of: #/[{,] ?([A-Za-z]+)\??: /#).map { String($0.output.1) }
        // Refusals are written by the server: {"error":{"code","message","hint"}}.
        var written: Set<String> = ["error", "routes", "code", "message", "hint"]
        for answer in Answers.all { written.formUnion(try keys(answer.bytes, data: false)) }
        written.formUnion(try keys(Answers.unavailable, data: false))
        #expect(members.count > 50)
        #expect(Set(members + inline).subtracting(written).isEmpty)
    }
}
