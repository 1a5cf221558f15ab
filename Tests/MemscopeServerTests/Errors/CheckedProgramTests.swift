import Foundation
import MemscopeServer
import Testing

// The demo that commits crimes, with every block checked.
@Suite("A program with memory errors") struct CheckedProgramTests {
    private func run(_ environment: [String: String]) throws -> (status: Int32, errors: [Substring], report: JSONValue)
    {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/report.json"
        var all = ["MEMSCOPE_CHECKS": "full", "MEMSCOPE_REPORT": path]
        all.merge(environment) { $1 }
        let arguments = ["--port", "0", "--load", "20", "--seconds", "2", "--crimes"]
        let end = try Demo(arguments, environment: all).finish()
        let report = try Data(contentsOf: URL(filePath: path))
        return (end.status, end.errors, JSONValue(try JSONSerialization.jsonObject(with: report)))
    }

    private func calls(_ stack: JSONValue, _ name: String) -> Bool {
        stack.list.contains { $0.function.text?.contains(name) == true }
    }

    @Test("The report has them all, with kind, offset and stacks, and the program ends as it would") func report()
        throws
    {
        let end = try run([:])
        #expect(end.status == 0 && end.errors.isEmpty)
        let errors = end.report.errors.list.filter { calls($0.allocated, "Crimes.commit") }
        let kinds = Dictionary(errors.map { ($0.kind.text ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        #expect(Set(kinds.keys) == ["overflow", "double-free", "use-after-free-write"])
        #expect(end.report.errors.list.count == errors.count, "\(end.report.errors.list.compactMap { $0.title.text })")
        let overflow = try #require(kinds["overflow"])
        #expect(overflow.size.number == 24 && overflow.offset.number == 24 && overflow.found.text == "later")
        #expect(calls(overflow.access, "throwAway"))
        let write = try #require(kinds["use-after-free-write"])
        #expect(write.size.number == 56 && write.offset.number == 20 && calls(write.freed, "throwAway"))
        // On a slow machine the block may leave the quarantine before a sweep comes by.
        let isSwept = ["sweep", "exit"].contains(write.found.text ?? "") && write.access.list.isEmpty
        #expect(write.found.text == "later" || isSwept)
        #expect(errors.allSatisfy { $0.bytes.isNull })
        #expect(end.report.checks.mode.text == "full")
    }

    @Test("Lines, an exit status and contents come when they are asked for") func asked() throws {
        let end = try run([
            "MEMSCOPE_ERROR_EXITCODE": "33", "MEMSCOPE_PRINT_ERRORS": "1", "MEMSCOPE_SHOW_CONTENTS": "1",
        ])
        #expect(end.status == 33)
        let lines = end.errors.filter { $0.hasPrefix("memscope: double-free at 0x") }
        #expect(!lines.isEmpty && lines.first?.contains("Crimes.swift:") == true)
        #expect(end.errors.count == end.report.errors.list.count)
        let overflow = try #require(end.report.errors.list.first { $0.kind.text == "overflow" })
        // The byte behind the block, where the dump has it.
        let start = try #require(UInt64((overflow.bytes.address.text ?? "").dropFirst(2), radix: 16))
        let damaged = try #require(UInt64((overflow.address.text ?? "").dropFirst(2), radix: 16))
        let digits = (overflow.bytes.hexadecimal.text ?? "").dropFirst(Int(damaged - start) * 2).prefix(2)
        #expect(digits == "2a")
    }

    @Test("The event memoryerror says so while it runs") func event() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let url = "unix://\(folder.path)/demo.sock"
        let demo = try Demo(
            ["--load", "20", "--crimes"],
            environment: ["MEMSCOPE_CHECKS": "full", "MEMSCOPE_SERVER_URL": url]
        )
        defer { demo.end() }
        for _ in 1...1000 where !RawClient(url: url).isConnected { usleep(20_000) }
        let client = RawClient(url: url)
        client.setReceiveTimeout(seconds: 60)
        client.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.receive(until: "event: memoryerror\n") != nil)
        #expect(client.receive(until: "\"kind\":\"double-free\",\"count\":") != nil)
    }

    @Test("Without room for them, no crimes") func refused() throws {
        let end = try Demo(["--crimes"], environment: ["MEMSCOPE_CHECKS": "sampled"]).finish()
        #expect(end.status == 2 && end.errors.first?.contains("MEMSCOPE_CHECKS=full") == true)
    }
}
