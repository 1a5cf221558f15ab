import MemscopeRender
import Testing
import Tracking

@Suite("Prometheus metrics") struct PrometheusTextTests {
    private let text = String(
        decoding: PrometheusText.metrics(Fixtures.summary, leaks: GraphFixtures.summary, mode: .full),
        as: UTF8.self
    )

    @Test("promtool finds nothing to say")
    func promtool() throws {
        let outcome = try Tool.run("promtool", "check", "metrics", input: Array(text.utf8))
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
    }

    @Test("promtool does notice what is wrong")
    func promtoolNotices() throws {
        let broken = text.replacing("# TYPE memscope_live_bytes gauge", with: "# TYPE memscope_live_bytes gouge")
        let outcome = try Tool.run("promtool", "check", "metrics", input: Array(broken.utf8))
        #expect(outcome.status != 0)
    }

    @Test(
        "Figures stand under their names",
        arguments: [
            "memscope_live_bytes 5607", "memscope_live_blocks 12", "memscope_allocations_total 16",
            "memscope_allocated_bytes_total 6007", "memscope_resident_bytes 1048576", "memscope_uptime_seconds 6.0",
            "memscope_dropped_records_total{table=\"stacks\"} 3", "memscope_mode{mode=\"full\"} 1",
            "memscope_mode{mode=\"off\"} 0", "memscope_unreachable_bytes 400", "memscope_unreachable_cycles 2",
        ]
    )
    func figures(line: String) {
        #expect(text.split(separator: "\n").contains { $0 == line })
    }

    @Test("A figure the system did not give is left out")
    func unknown() {
        var values = Fixtures.summary
        values.rssBytes = nil
        values.allocatorHeldBytes = nil
        let text = String(decoding: PrometheusText.metrics(values, leaks: nil, mode: .off), as: UTF8.self)
        #expect(!text.contains("resident") && !text.contains("allocator_held") && !text.contains("unreachable"))
    }
}
