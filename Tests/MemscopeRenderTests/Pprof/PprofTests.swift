import Foundation
import MemscopeRender
import Testing
import Tracking

/// Read by the real `go tool pprof`: nothing else decides whether a profile is right.
@Suite("pprof profile") struct PprofTests {
    private func pprof(
        _ options: String...,
        focus: PprofProfile.Focus = .heap,
        sites: [Site] = Fixtures.sites,
        places: StackPlaces = Fixtures.places
    ) throws -> String {
        let profile = PprofProfile.encode(
            sites: sites,
            images: Fixtures.images,
            focus: focus,
            sampleInterval: 4096,
            unixTime: 1_790_000_000_000_000_000,
            comments: ["memscope 0.1.0", "mode full"],
            places: places
        )
        return try Tool.withTemporaryFolder { folder in
            let raw = folder.appending(path: "heap.pb")
            try Data(profile).write(to: raw)
            let gzip = try Tool.run("gzip", raw.path)
            try #require(gzip.status == 0, "\(gzip.output)")
            let command = "go tool pprof -symbolize=none \(options.joined(separator: " ")) \(raw.path).gz"
            let outcome = try Tool.run("sh", "-c", command)
            try #require(outcome.status == 0, "\(outcome.output)")
            return outcome.output
        }
    }

    /// Whether a line consists of exactly these words.
    private func hasLine(_ output: String, _ words: String) -> Bool {
        output.split(separator: "\n").contains { $0.split(separator: " ").joined(separator: " ") == words }
    }

    @Test("-top shows live bytes, own and with callees, and inlined functions apart")
    func top() throws {
        let output = try pprof("-top", "-unit=B", "-nodefraction=0")
        #expect(output.contains("Type: inuse_space"))
        #expect(output.contains("of 5607B total"))
        #expect(hasLine(output, "5000B 89.17% 89.17% 5000B 89.17% Demo.cache<π>"), "\(output)")
        #expect(
            hasLine(output, "600B 10.70% 99.88% 600B 10.70% Demo.makeRow(_: Swift.Int) -> Row (inline)"),
            "\(output)"
        )
        #expect(hasLine(output, "0 0% 100% 600B 10.70% Demo.makeTable()"), "\(output)")
        #expect(hasLine(output, "0 0% 100% 5600B 99.88% main"), "\(output)")
        #expect(hasLine(output, "7B 0.12% 100% 7B 0.12% [gone.so]"), "\(output)")
    }

    @Test("-tree shows who calls whom")
    func tree() throws {
        let output = try pprof("-tree", "-unit=B")
        #expect(hasLine(output, "600B 100% | Demo.makeTable() (inline)"), "\(output)")
        #expect(hasLine(output, "5000B 89.29% | Demo.cache<π>"), "\(output)")
    }

    @Test("All four figures are there, and allocs begins with allocated bytes")
    func figures() throws {
        #expect(try pprof("-top", "-unit=B", focus: .allocs).contains("Type: alloc_space"))
        #expect(try pprof("-top", "-unit=B", focus: .allocs).contains("of 6007B total"))
        #expect(try pprof("-top", "-sample_index=alloc_objects").contains("of 16 total"))
        #expect(try pprof("-top", "-sample_index=inuse_objects").contains("of 12 total"))
    }

    @Test("The raw profile has period, mappings with build ids, lines and labels")
    func raw() throws {
        let output = try pprof("-raw")
        #expect(output.contains("PeriodType: space bytes"))
        #expect(output.contains("Period: 4096"))
        #expect(output.contains("inuse_space/bytes[dflt]"))
        #expect(output.contains("0x1000/0x2000/0x0 /usr/bin/demo deadbeef [FN][FL][LN][IN]"), "\(output)")
        #expect(output.contains("/usr/lib/gone.so  [FN][FL][LN][IN]"), "\(output)")
        #expect(output.contains("/src/row.swift:12"))
        #expect(output.contains("/src/table.swift:30"))
        #expect(output.contains("stack:[truncated]") && output.contains("stack:[guessed]"), "\(output)")
    }

    @Test("Comments are shown")
    func comments() throws {
        let output = try pprof("-comments")
        #expect(output.contains("memscope 0.1.0") && output.contains("mode full"))
    }

    @Test("Blocks without a stack still count, under a name that says so")
    func noStack() throws {
        let unknown = Site(id: 9, addresses: [], counts: Counts(allocations: 2, allocatedBytes: 70))
        let output = try pprof("-top", "-unit=B", sites: [unknown])
        #expect(hasLine(output, "70B 100% 100% 70B 100% (no stack)"), "\(output)")
    }

    @Test("Code whose image is not known is given to none, whatever lies there")
    func unknownImage() throws {
        let site = Site(id: 1, addresses: [0x1010], counts: Counts(allocations: 1, allocatedBytes: 70))
        let frames = [Frame(function: "0x1010", address: 0x1010)]
        let output = try pprof("-raw", sites: [site], places: StackPlaces { _, _ in (frames, 0, .max) })
        #expect(output.contains("M=1") == false, "\(output)")
    }

    @Test("A profile of nothing is read without an error")
    func empty() throws {
        #expect(try pprof("-raw", sites: []).contains("Samples:"))
    }

    @Test("Ten thousand random sites add up to their total")
    func many() throws {
        var total: UInt64 = 0
        let sites = (1...10_000).map { id in
            let bytes = UInt64.random(in: 1...1_000_000)
            total += bytes
            let addresses = Fixtures.sites[id % 3].addresses
            return Site(id: UInt32(id), addresses: addresses, counts: Counts(allocations: 1, allocatedBytes: bytes))
        }
        #expect(try pprof("-top", "-unit=B", sites: sites).contains("of \(total)B total"))
    }
}
