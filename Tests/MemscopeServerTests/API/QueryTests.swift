import MemscopeServer
import Testing

@Suite("Queries") struct QueryTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var target: String
        /// What was wrong.
        var names: String
        /// What is accepted.
        var accepts: String

        init(_ target: String, names: String, accepts: String) {
            self.target = target
            self.names = names
            self.accepts = accepts
        }

        var testDescription: String { target }
    }

    private static let bad = [
        Bad("/api/sites?limit=0", names: "\"0\"", accepts: "1 to 1000"),
        Bad("/api/sites?limit=1001", names: "\"1001\"", accepts: "1 to 1000"),
        Bad("/api/sites?limit=-1", names: "\"-1\"", accepts: "1 to 1000"),
        Bad("/api/sites?limit=99999999999999999999999", names: "limit", accepts: "1 to 1000"),
        Bad("/api/sites?limit=1e2", names: "\"1e2\"", accepts: "1 to 1000"),
        Bad("/api/sites?limit=", names: "limit", accepts: "1 to 1000"),
        Bad("/api/sites?limit", names: "limit", accepts: "1 to 1000"),
        Bad("/api/sites?limit=%D9%A1", names: "limit", accepts: "1 to 1000"),
        Bad("/api/sites?limit=5&limit=5", names: "\"limit\" is given twice", accepts: "once"),
        Bad("/api/sites?sort=size", names: "\"size\"", accepts: "-allocatedBytes"),
        Bad("/api/sites?sort=--bytes", names: "\"--bytes\"", accepts: "-bytes"),
        Bad("/api/sites?cursor=zzz", names: "\"zzz\"", accepts: "next"),
        Bad("/api/sites?cursor=", names: "cursor", accepts: "next"),
        Bad("/api/sites?sort=-bytes&cursor=bytes.1..1", names: "cursor", accepts: "same sort"),
        Bad("/api/sites?Limit=5", names: "\"Limit\"", accepts: "limit, cursor, sort"),
        Bad("/api/types?sort=-kind", names: "\"-kind\"", accepts: "-name"),
        Bad("/api/types?cursor=-bytes.zz.00.1", names: "cursor", accepts: "next"),
        Bad("/api/types?cursor=-bytes.1.0.1", names: "cursor", accepts: "next"),
        Bad("/api/tasks?sort=name", names: "\"name\"", accepts: "-liveBytes"),
        Bad("/api/tasks?state=lost", names: "\"lost\"", accepts: "running, enqueued, suspended, completed"),
        Bad("/api/scopes?sort=name", names: "\"name\"", accepts: "-escapedBytes"),
        Bad("/api/scopes?group=task", names: "\"task\"", accepts: "path, name"),
        Bad("/api/scopes/0", names: "\"0\" is no scope", accepts: "/api/scopes"),
        Bad("/api/scopes/x", names: "\"x\" is no scope", accepts: "/api/scopes"),
        Bad("/api/variables?sort=born", names: "\"born\"", accepts: "-copiedBytes"),
        Bad("/api/variables?alive=maybe", names: "\"maybe\"", accepts: "true, false"),
        Bad("/api/variables/0", names: "\"0\" is no variable", accepts: "/api/variables"),
        Bad("/api/variables/4294967296", names: "is no variable", accepts: "/api/variables"),
        Bad("/api/threads?sort=name", names: "\"name\"", accepts: "-allocatedBytes"),
        Bad("/api/summary?limit=1", names: "\"limit\"", accepts: "no parameters"),
        Bad("/api/timeline?resolution=5s", names: "\"5s\"", accepts: "1s, 10s, 1m"),
        Bad("/api/flamegraph?weight=size", names: "\"size\"", accepts: "bytes, blocks, allocatedBytes, allocations"),
        Bad("/api/snapshot?limit=0", names: "\"0\"", accepts: "1 to 1000"),
        Bad("/api/snapshot?name=x", names: "\"name\"", accepts: "id, limit"),
        Bad("/api/diff", names: "\"from\" is missing", accepts: "?from=s1"),
        Bad("/api/diff?from=", names: "\"from\" is empty", accepts: "?from=s1"),
        Bad("/api/diff?from=now&to=", names: "\"to\" is empty", accepts: "?to=s2"),
        Bad("/api/snapshot?id", names: "\"id\" is empty", accepts: "?id=s1"),
        Bad("/api/sites?limit=%2B5", names: "\"+5\"", accepts: "1 to 1000"),
        Bad("/api/leaks?sort=-retained", names: "\"-retained\"", accepts: "-retainedBytes"),
        Bad("/api/objects/0x10/referents?sort=bytes", names: "\"sort\"", accepts: "limit, cursor"),
        Bad("/api/objects/0x00000000000000001", names: "no address", accepts: "0x"),
        Bad("/api/metadata?a=b", names: "\"a\"", accepts: "no parameters"),
        Bad("/api/config?%22%0A=1", names: "unknown parameter", accepts: "no parameters"),
        Bad("/api/events?x", names: "\"x\"", accepts: "no parameters"),
        Bad("/metrics?x", names: "\"x\"", accepts: "no parameters"),
        Bad("/openapi.json?x", names: "\"x\"", accepts: "no parameters"),
    ]

    @Test("A bad one is refused by name, with what is accepted", arguments: bad) func refused(bad: Bad) {
        let answer = API.shared.get(bad.target)
        #expect(answer.status == 400)
        #expect(answer.error.code.text == "bad-parameter")
        let (message, hint) = (answer.error.message.text ?? "", answer.error.hint.text ?? "")
        #expect(message.contains(bad.names), "\(message)")
        #expect(hint.contains(bad.accepts), "\(hint)")
    }

    @Test("Pages of one row visit every row once, in order", arguments: ["bytes", "-bytes", "name", "-name"])
    func pages(sort: String) {
        let api = API.shared
        var names: [String] = []
        var cursor = ""
        repeat {
            let data = api.get("/api/types?limit=1&sort=\(sort)\(cursor)").data
            #expect(data.types.list.count == 1)
            names += data.types.list.map { "\($0.name.text ?? "") \($0.kind.text ?? "")" }
            cursor = data.next.text.map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty && names.count < 20
        #expect(names.count > 5)
        // By figures a type that grew between two pages may come again; by name nothing moves.
        if sort.hasSuffix("name") { #expect(Set(names).count == names.count) }
    }

    @Test(
        "Every column sorts both ways",
        arguments: ["bytes", "blocks", "allocations", "frees", "allocatedBytes", "peakBytes"]
    )
    func sorts(column: String) {
        for (prefix, isOrdered) in [("", { $0 <= $1 }), ("-", { $0 >= $1 })] as [(String, (Int, Int) -> Bool)] {
            let data = API.shared.get("/api/sites?limit=50&sort=\(prefix)\(column)").data
            let values = data.sites.list.compactMap { $0[dynamicMember: column].number }
            #expect(values.count == 50)
            #expect(zip(values, values.dropFirst()).allSatisfy(isOrdered))
            #expect(data.total.number ?? 0 > 50)
        }
    }

    @Test("A cursor of another order is refused") func foreignCursor() throws {
        let next = try #require(API.shared.get("/api/sites?limit=1&sort=bytes").data.next.text)
        #expect(API.shared.get("/api/sites?limit=1&sort=bytes&cursor=\(next)").status == 200)
        #expect(API.shared.get("/api/sites?limit=1&sort=-bytes&cursor=\(next)").status == 400)
    }
}
