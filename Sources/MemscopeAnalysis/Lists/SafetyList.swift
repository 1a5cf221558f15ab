/// The columns by which findings can be sorted.
package enum SafetyColumn: String, ListColumn {
    /// By severity, then by confidence and magnitude.
    case severity
    case confidence, detector

    package static let defaultOrder = ListOrder<Self>(.severity, isDescending: true)
}

extension Page<SafetyFinding> {
    /// A page of findings; equal rows are sorted by detector.
    package init(
        findings: [SafetyFinding],
        order: ListOrder<SafetyColumn>,
        after cursor: PageCursor<SafetyColumn>? = nil,
        limit: Int
    ) {
        self.init(of: findings, order: order, after: cursor, limit: limit, byLabel: order.column == .detector) {
            finding in
            PageKey(
                value: order.column.value(of: finding),
                label: finding.detector.rawValue,
                id: fingerprint("\(finding.link) \(finding.site) \(finding.title) \(finding.evidence)")
            )
        }
    }
}

extension SafetyColumn {
    fileprivate func value(of finding: SafetyFinding) -> UInt64 {
        let confidence = UInt64((finding.confidence * 1000).rounded())
        return switch self {
        case .severity:
            finding.severity.rank << 62 | confidence << 52 | min(finding.magnitude, (1 << 52) - 1)
        case .confidence: confidence
        case .detector: 0
        }
    }
}
