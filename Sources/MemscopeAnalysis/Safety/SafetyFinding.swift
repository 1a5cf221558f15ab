package import Tracking

/// A defect of the program, or something that makes the reports less reliable, from any detector.
package struct SafetyFinding: Sendable, Hashable {
    /// Raw values are those of the wire format.
    package enum Detector: String, Sendable, CaseIterable {
        case errors, leaks, cycles, growth, records, stacks
    }

    /// From the least to the most severe.
    package enum Severity: String, Sendable, CaseIterable, Comparable {
        case low, medium, high, critical

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        var rank: UInt64 { UInt64(Self.allCases.firstIndex(of: self)!) }

        /// The share of the score that one such finding costs when its confidence is 1.
        package var weight: Double {
            switch self {
            case .low: 0.02
            case .medium: 0.1
            case .high: 0.25
            case .critical: 0.5
            }
        }
    }

    /// The kind of evidence for a finding.
    package enum Evidence: String, Sendable, CaseIterable {
        /// It was counted or observed.
        case measured
        /// It was concluded from other observations.
        case inferred
    }

    package var detector: Detector
    package var severity: Severity
    package var title: String
    /// What was observed, in a sentence.
    package var evidence: String
    /// 0...1: how certain it is that this is a defect.
    package var confidence: Double
    package var quality: Evidence
    /// What the user can do.
    package var remedy: String
    /// The page of the dashboard with the details, such as "#/leaks".
    package var link: String
    /// Sorts findings of one severity and confidence: the bytes, or the number of times.
    package var magnitude: UInt64
    /// The call stack to read first; 0 when there is none.
    package var site: UInt32
    /// The frames of that call stack, once it is named.
    package var stack: [Frame] = []

    package init(
        _ detector: Detector,
        _ severity: Severity,
        title: String,
        evidence: String,
        confidence: Double,
        quality: Evidence = .measured,
        remedy: String,
        link: String,
        magnitude: UInt64 = 0,
        site: UInt32 = 0
    ) {
        self.detector = detector
        self.severity = severity
        self.title = title
        self.evidence = evidence
        self.confidence = min(max(confidence, 0), 1)
        self.quality = quality
        self.remedy = remedy
        self.link = link
        self.magnitude = magnitude
        self.site = site
    }
}

/// How much of the program a detector covers.
package struct DetectorState: Sendable, Hashable {
    package enum Coverage: String, Sendable, CaseIterable {
        case complete, partial
        case notRun = "not-run"
    }

    package var detector: SafetyFinding.Detector
    package var coverage: Coverage
    /// What the detector does not cover, and why; nil when it covers everything.
    package var reason: String?
    /// What the user can do to increase the coverage.
    package var remedy: String?

    package init(
        _ detector: SafetyFinding.Detector,
        _ coverage: Coverage,
        reason: String? = nil,
        remedy: String? = nil
    ) {
        self.detector = detector
        self.coverage = coverage
        self.reason = reason
        self.remedy = remedy
    }
}
