package import MemscopeAnalysis
package import Tracking

/// `/metrics`: the text exposition format 0.0.4.
///
/// - SeeAlso: https://prometheus.io/docs/instrumenting/exposition_formats/
package enum PrometheusText {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// Figures that are not known are left out.
    ///
    /// - Parameters:
    ///   - values: The figures of now.
    ///   - leaks: What the last look at the heap found; nil without one.
    ///   - mode: How much is recorded.
    /// - Returns: UTF-8.
    package static func metrics(
        _ values: SummaryValues,
        leaks: MemScope.HeapAnalysis.Summary?,
        mode: MemScope.Mode
    ) -> [UInt8] {
        var text = ""
        let lost = leaks.map(lost) ?? []
        for metric in heap(values.totals) + lost + system(values) + tracking(values.totals, mode: mode) {
            metric.write(to: &text)
        }
        return Array(text.utf8)
    }

    private static func heap(_ totals: Totals) -> [Metric] {
        let program = totals.program
        return [
            .gauge("live_bytes", "Bytes allocated and not freed.", program.liveBytes),
            .gauge("live_blocks", "Blocks allocated and not freed.", program.liveBlocks),
            .gauge("peak_live_bytes", "Highest live bytes so far.", totals.peakLiveBytes),
            .counter("allocations_total", "Blocks allocated.", program.allocations),
            .counter("frees_total", "Blocks freed.", program.frees),
            .counter("allocated_bytes_total", "Bytes allocated.", program.allocatedBytes),
            .counter("freed_bytes_total", "Bytes freed.", program.freedBytes),
            .counter("mapped_bytes_total", "Bytes mapped by the program with mmap.", totals.mappedBytes),
            .counter("unmapped_bytes_total", "Bytes unmapped by the program with munmap.", totals.unmappedBytes),
        ]
    }

    private static func lost(_ summary: MemScope.HeapAnalysis.Summary) -> [Metric] {
        [
            .gauge("unreachable_bytes", "Bytes that nothing reached at the last scan.", summary.unreachableBytes),
            .gauge("unreachable_blocks", "Blocks that nothing reached at the last scan.", summary.unreachableBlocks),
            .gauge("unreachable_cycles", "Retain cycles that nothing reached at the last scan.", summary.cycles),
        ]
    }

    private static func system(_ values: SummaryValues) -> [Metric] {
        let uptime = Double(values.uptimeNanoseconds) / 1e9
        return [
            values.rssBytes.map { .gauge("resident_bytes", "Resident set size of the process.", $0) },
            values.allocatorHeldBytes.map {
                .gauge("allocator_held_bytes", "Bytes the allocator holds from the system.", $0)
            },
            .gauge("uptime_seconds", "Time since tracking began.", uptime.description),
        ].compactMap(\.self)
    }

    private static func tracking(_ totals: Totals, mode: MemScope.Mode) -> [Metric] {
        [
            .gauge("own_bytes", "Memory MemScope itself uses for its records.", totals.ownBytes),
            .gauge("own_limit_bytes", "Memory MemScope may use for its records.", totals.ownLimitBytes),
            .gauge("sites", "Distinct call stacks.", totals.sites),
            .gauge("threads", "Threads of the program that are alive and have allocated.", totals.threadsAlive),
            Metric(
                name: "stacks",
                type: "gauge",
                help: "Distinct call stacks by how far they can be trusted.",
                label: "quality",
                samples: [
                    ("exact", "\(totals.stacksExact)"), ("truncated", "\(totals.stacksTruncated)"),
                    ("guessed", "\(totals.stacksGuessed)"),
                ]
            ),
            Metric(
                name: "dropped_records_total",
                type: "counter",
                help: "Records lost because a table was full.",
                label: "table",
                samples: [
                    ("events", "\(totals.droppedEvents)"), ("stacks", "\(totals.droppedStacks)"),
                    ("blocks", "\(totals.droppedBlocks)"), ("contexts", "\(totals.droppedContexts)"),
                    ("threads", "\(totals.droppedThreads)"),
                ]
            ),
            Metric(
                name: "mode",
                type: "gauge",
                help: "1 for the mode that is on.",
                label: "mode",
                samples: MemScope.Mode.allCases.map { ($0.rawValue, $0 == mode ? "1" : "0") }
            ),
        ]
    }
}

/// One metric with its samples.
private struct Metric {
    var name: String
    var type: String
    var help: String
    /// Nil when there is one sample only.
    var label: String?
    var samples: [(label: String, value: String)]

    static func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) -> Metric {
        Metric(name: name, type: "gauge", help: help, label: nil, samples: [("", value.description)])
    }

    static func counter(_ name: String, _ help: String, _ value: UInt64) -> Metric {
        Metric(name: name, type: "counter", help: help, label: nil, samples: [("", value.description)])
    }

    func write(to text: inout String) {
        text += "# HELP memscope_\(name) \(help)\n# TYPE memscope_\(name) \(type)\n"
        for sample in samples {
            let labels = label.map { "{\($0)=\"\(sample.label)\"}" } ?? ""
            text += "memscope_\(name)\(labels) \(sample.value)\n"
        }
    }
}
