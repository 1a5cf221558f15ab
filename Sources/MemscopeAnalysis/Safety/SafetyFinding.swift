package import Tracking

/// Something that threatens the program, or what is said about it, from any detector.
package struct SafetyFinding: Sendable, Hashable {
    /// Raw values are those of the wire format.
    package enum Detector: String, Sendable, CaseIterable {
        case errors, leaks, cycles, growth, records, stacks
    }

    /// From least to most.
    package enum Severity: String, Sendable, CaseIterable, Comparable {
        case low, medium, high, critical

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        var rank: UInt64 { UInt64(Self.allCases.firstIndex(of: self)!) }

        /// The share of the score that one such finding takes when it is certain.
        package var weight: Double {
            switch self {
            case .low: 0.02
            case .medium: 0.1
            case .high: 0.25
            case .critical: 0.5
            }
        }
    }

    /// What a finding rests on.
    package enum Evidence: String, Sendable, CaseIterable {
        /// Counted or seen.
        case measured
        /// Concluded.
        case inferred
    }

    package var detector: Detector
    package var severity: Severity
    package var title: String
    /// What was seen, in a sentence.
    package var evidence: String
    /// 0...1: how sure it is that this is a defect.
    package var confidence: Double
    package var quality: Evidence
    /// What to do.
    package var remedy: String
    /// The page of the dashboard that has the details, such as "#/leaks".
    package var link: String
    /// Orders findings of one severity and confidence: bytes, or how often.
    package var magnitude: UInt64
    /// The call stack to look at first; 0 when there is none.
    package var site: UInt32
    /// That call stack, once it is named.
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

/// How far a detector looked.
package struct DetectorState: Sendable, Hashable {
    package enum Coverage: String, Sendable, CaseIterable {
        case complete, partial
        case notRun = "not-run"
    }

    package var detector: SafetyFinding.Detector
    package var coverage: Coverage
    /// What it did not look at, and why; nil when it saw all.
    package var reason: String?
    /// What would let it see more.
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
