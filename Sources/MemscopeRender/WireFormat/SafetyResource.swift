package import MemscopeAnalysis
import Tracking

extension WireFormat {
    /// Answers `GET /api/safety`.
    package static func safety(
        _ page: Page<SafetyFinding>,
        of review: SafetyReview,
        in envelope: Envelope
    ) -> [UInt8] {
        list("findings", page, in: envelope) { json, finding in
            json.member("detector", finding.detector.rawValue)
            json.member("severity", finding.severity.rawValue)
            json.member("title", finding.title)
            json.member("evidence", finding.evidence)
            json.member("confidence", finding.confidence)
            json.member("quality", finding.quality.rawValue)
            json.member("remedy", finding.remedy)
            json.member("link", finding.link)
            json.member("site", finding.site)
            json.stack(finding.stack)
        } more: { json in
            json.member("score", review.score)
            json.member("formula", SafetyScore.formula)
            json.member("complete", review.isComplete)
            json.member("detectors", array: review.detectors) { json, state in
                json.object { json in
                    json.member("detector", state.detector.rawValue)
                    json.member("coverage", state.coverage.rawValue)
                    json.member("reason", state.reason)
                    json.member("enable", state.remedy)
                }
            }
        }
    }
}
