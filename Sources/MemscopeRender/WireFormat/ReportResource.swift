package import MemscopeAnalysis
package import Tracking

/// What is known when the process ends.
package struct ReportValues: Sendable {
    /// The findings of the scan of the heap, or the reason why there are none.
    package enum Findings: Sendable {
        /// `isCut` says that the complete lists have more rows.
        case analysis(MemScope.HeapAnalysis, isCut: Bool)
        case unavailable(reason: String, remedy: String)
    }

    /// The memory errors, and the settings and counters of the checks.
    package struct Errors: Sendable {
        package var list: [ErrorValues]
        package var checks: CheckTotals

        package init(list: [ErrorValues], checks: CheckTotals) {
            self.list = list
            self.checks = checks
        }
    }

    package var end: ProcessEnd
    package var summary: SummaryValues
    package var findings: Findings
    package var errors: Errors

    package init(end: ProcessEnd, summary: SummaryValues, findings: Findings, errors: Errors) {
        self.end = end
        self.summary = summary
        self.findings = findings
        self.errors = errors
    }
}

extension WireFormat {
    /// The file that `MEMSCOPE_REPORT` asks for: an envelope, with the members of several resources in place of `data`.
    package static func report(_ values: ReportValues, in envelope: Envelope) -> [UInt8] {
        var isTruncated = envelope.isIncomplete
        if case .analysis(_, isCut: true) = values.findings { isTruncated = true }
        return write(envelope, isTruncated: isTruncated) { json in
            json.member("end") { end(values.end, to: &$0) }
            switch values.findings {
            case .analysis(let analysis, _):
                json.member("summary") { json in
                    members(of: analysis.summary, to: &json)
                    members(of: values.summary, quality: envelope.quality, to: &json)
                }
                json.member("scan") { members(of: analysis.scan, to: &$0) }
                json.member("leaks", array: analysis.leaks) { json, leak in
                    json.object { members(of: leak, to: &$0) }
                }
                json.member("suspects", array: analysis.suspects) { json, suspect in
                    json.object { members(of: suspect, to: &$0) }
                }
                json.member("cycles", array: analysis.cycles) { json, cycle in
                    json.object { members(of: cycle, to: &$0) }
                }
            case .unavailable(let reason, let remedy):
                unavailable(reason: reason, remedy: remedy, to: &json)
                json.member("summary") { members(of: values.summary, quality: envelope.quality, to: &$0) }
            }
            json.member("errors", array: values.errors.list) { json, error in
                json.object { members(of: error, to: &$0) }
            }
            json.member("checks") { members(of: values.errors.checks, to: &$0) }
        }
    }

    private static func end(_ end: ProcessEnd, to json: inout JSONWriter) {
        let (kind, status, signal): (String, Int32?, Int32?) =
            switch end {
            case .exit(let status): ("exit", status, nil)
            case .exitAtOnce(let status): ("_exit", status, nil)
            case .quickExit: ("quick_exit", nil, nil)
            case .signal(let number): ("signal", nil, number)
            }
        json.member("kind", kind)
        json.member("status", status)
        json.member("signal", signal)
    }
}
