/// One figure for all findings, so that two runs can be compared.
///
///     score = 100 · Π (1 - weight · confidence / k)
///
/// over all findings, where k is the finding's rank among those of its detector, the heaviest first: so the tenth leak
/// counts less than the first. An additional finding never raises the score; the order of the findings does not matter.
package enum SafetyScore {
    package static let formula = """
        100 * product over all findings of (1 - weight * confidence / k); weight: critical 0.5, high 0.25, medium 0.1, \
        low 0.02; k: 1 for a detector's heaviest finding, 2 for the next, and so on
        """

    /// The score, 0...100.
    package static func score(of findings: [SafetyFinding]) -> Int {
        var places: [SafetyFinding.Detector: Double] = [:]
        let kept = findings.map { ($0.detector, $0.severity.weight * $0.confidence) }
            .sorted { $0.1 > $1.1 }
            .reduce(1.0) { product, finding in
                places[finding.0, default: 0] += 1
                return product * (1 - finding.1 / places[finding.0, default: 1])
            }
        return Int((100 * kept).rounded())
    }
}
