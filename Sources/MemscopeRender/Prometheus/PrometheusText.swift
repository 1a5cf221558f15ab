package import MemscopeAnalysis
package import Tracking

/// The answer to `/metrics`, in the text exposition format 0.0.4.
///
/// - SeeAlso: https://prometheus.io/docs/instrumenting/exposition_formats/
package enum PrometheusText {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes the metrics; figures that are not known are left out.
    ///
    /// - Parameters:
    ///   - values: The current figures.
    ///   - leaks: The findings of the last scan of the heap; nil when there was none.
    ///   - checks: The settings and counters of the memory checks.
    ///   - mode: How much is recorded.
    /// - Returns: UTF-8 text.
    package static func metrics(
        _ values: SummaryValues,
        leaks: MemScope.HeapAnalysis.Summary?,
        checks: CheckTotals,
        mode: MemScope.Mode
    ) -> [UInt8] {
        var text = ""
        let found = (leaks.map(unreachable) ?? []) + errors(checks)
        for metric in heap(values.totals) + found + system(values) + tracking(values.totals, mode: mode) {
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

    private static func unreachable(_ summary: MemScope.HeapAnalysis.Summary) -> [Metric] {
        [
            .gauge("unreachable_bytes", "Bytes that nothing reached at the last scan.", summary.unreachableBytes),
            .gauge("unreachable_blocks", "Blocks that nothing reached at the last scan.", summary.unreachableBlocks),
            .gauge("unreachable_cycles", "Retain cycles that nothing reached at the last scan.", summary.cycles),
        ]
    }

    private static func errors(_ checks: CheckTotals) -> [Metric] {
        [
            Metric(
                name: "memory_errors_total",
                type: "counter",
                help: "Memory errors of the program, repeated ones too.",
                label: "kind",
                samples: MemoryError.Kind.allCases.map { ($0.rawValue, "\(checks.byKind[$0] ?? 0)") }
            ),
            .gauge("memory_errors_distinct", "Memory errors by kind and call stacks.", checks.distinct),
            .counter("memory_errors_dropped_total", "Memory errors without a report of their own.", checks.dropped),
            .counter("unknown_frees_total", "Frees of addresses that nobody can tell about.", checks.unknownFrees),
            .counter("guarded_blocks_total", "Blocks that lay between guard pages.", checks.guarded.blocks),
            .counter("guard_pool_full_total", "Blocks that found no room there.", checks.guarded.full),
            .counter("canaried_blocks_total", "Blocks with a canary on both sides.", checks.canariedBlocks),
            .gauge("quarantine_bytes", "Freed memory that is kept to be checked.", checks.quarantine.bytes),
            .counter("heap_checks_total", "Times that all watched memory was looked at.", checks.sweeps),
            Metric(
                name: "checks",
                type: "gauge",
                help: "1 for the mode of MEMSCOPE_CHECKS that is on.",
                label: "mode",
                samples: CheckMode.allCases.map { ($0.rawValue, $0 == checks.mode ? "1" : "0") }
            ),
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
                    ("blocks", "\(totals.droppedBlocks)"), ("accounts", "\(totals.droppedAccounts)"),
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
    /// The name of the label; nil when there is only one sample.
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
