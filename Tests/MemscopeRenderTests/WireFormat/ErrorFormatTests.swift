import Foundation
import MemscopeAnalysis
import MemscopeRender
import Testing
import Tracking

@Suite("Wire format of memory errors") struct ErrorFormatTests {
    private func data(_ bytes: [UInt8]) throws -> [String: Any] {
        let answer = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return try #require(answer["data"] as? [String: Any])
    }

    private func rows(showsContents: Bool) throws -> [[String: Any]] {
        let bytes = WireFormat.errors(
            Page(errors: ErrorFixtures.errors, order: ListOrder(.firstSeen, isDescending: false), limit: 100),
            naming: { ErrorFixtures.values(of: $0, showsContents: showsContents) },
            checks: ErrorFixtures.checks,
            in: Fixtures.envelope
        )
        return try #require(data(bytes)["errors"] as? [[String: Any]])
    }

    @Test("Contents of memory are left out unless they may be shown") func redaction() throws {
        #expect(try rows(showsContents: false).allSatisfy { $0["bytes"] is NSNull })
        let shown = try rows(showsContents: true).compactMap { $0["bytes"] as? [String: String] }
        #expect(shown == [["address": "0x7f000026", "hexadecimal": "616278ff"]])
    }

    @Test("What is not known is null, and not 0") func unknown() throws {
        let free = try #require(try rows(showsContents: true).first { $0["kind"] as? String == "invalid-free" })
        for key in ["block", "size", "offset", "type", "typeKind", "bytes"] { #expect(free[key] is NSNull, "\(key)") }
        #expect((free["access"] as? [Any])?.isEmpty == true)
        #expect((free["threads"] as? [String: Any])?["access"] is NSNull)
        #expect((free["stackQualities"] as? [String: Any])?["freed"] is NSNull)
    }

    @Test("Three stacks, each with how far it can be trusted and whose it is") func stacks() throws {
        let double = try #require(try rows(showsContents: true).first { $0["kind"] as? String == "double-free" })
        #expect((double["access"] as? [Any])?.count == 3 && (double["allocated"] as? [Any])?.isEmpty == true)
        #expect((double["stackQualities"] as? [String: Any])?["freed"] as? String == "truncated")
        let threads = try #require(double["threads"] as? [String: Any])
        #expect((threads["access"] as? [String: Any])?["name"] as? String == "worker")
        #expect(double["refused"] as? Bool == true && double["count"] as? Int == 2)
    }

    @Test("The kinds and ways of discovery are those of the contract") func words() {
        #expect(
            MemoryError.Kind.allCases.map(\.rawValue) == [
                "use-after-free-read", "use-after-free-write", "double-free", "invalid-free", "overflow", "underflow",
                "mismatched-free",
            ]
        )
        #expect(MemoryError.Discovery.allCases.map(\.rawValue) == ["at-once", "later", "sweep", "exit"])
    }

    @Test("Safety is ranked, and says which detectors did not run") func safety() throws {
        let bytes = try #require(Answers.all.first { $0.path == "/api/safety" }).bytes
        let safety = try data(bytes)
        let findings = try #require(safety["findings"] as? [[String: Any]])
        #expect(findings.first?["severity"] as? String == "critical")
        #expect(safety["total"] as? Int == ErrorFixtures.review.findings.count && safety["next"] is String)
        let detectors = try #require(safety["detectors"] as? [[String: Any]])
        let growth = detectors.first { $0["detector"] as? String == "growth" }
        #expect(growth?["coverage"] as? String == "not-run" && safety["complete"] as? Bool == false)
        #expect(safety["score"] as? Int == ErrorFixtures.review.score)
    }
}
