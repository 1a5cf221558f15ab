import MemscopeAnalysis
import Testing
import Tracking

@Suite("Safety") struct SafetyTests {
    private func finding(using random: inout SplitMix) -> SafetyFinding {
        SafetyFinding(
            SafetyFinding.Detector.allCases.randomElement(using: &random)!,
            SafetyFinding.Severity.allCases.randomElement(using: &random)!,
            title: "finding \(random.next())",
            evidence: "",
            confidence: .random(in: 0...1, using: &random),
            remedy: "",
            link: "#/overview",
            magnitude: .random(in: 0...1_000_000, using: &random)
        )
    }

    private func findings(using random: inout SplitMix, _ counts: ClosedRange<Int> = 0...40) -> [SafetyFinding] {
        (0..<Int.random(in: counts, using: &random)).map { _ in finding(using: &random) }
    }

    @Test("The score is within 0...100, and the order of findings does not matter", arguments: 0..<100 as Range<UInt64>)
    func score(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let list = findings(using: &random)
        let score = SafetyScore.score(of: list)
        #expect((0...100).contains(score))
        #expect(SafetyScore.score(of: list.shuffled(using: &random)) == score)
    }

    @Test("Another finding never makes the score greater", arguments: 0..<100 as Range<UInt64>)
    func monotone(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let list = findings(using: &random)
        #expect(SafetyScore.score(of: list + [finding(using: &random)]) <= SafetyScore.score(of: list))
    }

    @Test("Less confidence never makes the score less", arguments: 0..<100 as Range<UInt64>)
    func confidence(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var list = findings(using: &random, 1...40)
        let before = SafetyScore.score(of: list)
        let index = list.indices.randomElement(using: &random)!
        list[index].confidence *= .random(in: 0...1, using: &random)
        #expect(SafetyScore.score(of: list) >= before)
    }

    @Test("The score is what docs/safety.md computes") func examples() {
        func certain(_ detector: SafetyFinding.Detector, _ severity: SafetyFinding.Severity) -> SafetyFinding {
            SafetyFinding(detector, severity, title: "", evidence: "", confidence: 1, remedy: "", link: "")
        }
        #expect(SafetyScore.score(of: []) == 100)
        #expect(SafetyScore.score(of: [certain(.errors, .critical)]) == 50)
        #expect(SafetyScore.score(of: [certain(.errors, .critical), certain(.errors, .critical)]) == 38)
        #expect(SafetyScore.score(of: [certain(.leaks, .high), certain(.cycles, .medium)]) == 68)
    }

    @Test("The worst comes first, then the surest, then the greatest", arguments: 0..<50 as Range<UInt64>)
    func ranking(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let list = findings(using: &random, 2...60)
        var rows: [SafetyFinding] = []
        var cursor: PageCursor<SafetyColumn>?
        let order = ListOrder(SafetyColumn.severity, isDescending: true)
        repeat {
            let page = Page(findings: list, order: order, after: cursor, limit: 7)
            rows += page.rows
            cursor = page.next.flatMap { PageCursor<SafetyColumn>($0) }
        } while cursor != nil
        #expect(Set(rows) == Set(list) && rows.count == list.count)
        for (before, after) in zip(rows, rows.dropFirst()) {
            #expect(before.severity >= after.severity)
            guard before.severity == after.severity else { continue }
            #expect(before.confidence >= after.confidence - 0.001)
        }
    }

    private func input(_ mode: CheckMode = .full) -> SafetyReview.Input {
        SafetyReview.Input(checks: CheckTotals(mode: mode), totals: Totals(), mode: .full)
    }

    @Test("What did not run is not clean") func notRun() {
        let review = SafetyReview(input())
        let coverage = Dictionary(uniqueKeysWithValues: review.detectors.map { ($0.detector, $0.coverage) })
        #expect(Set(coverage.keys) == Set(SafetyFinding.Detector.allCases))
        #expect(coverage[.leaks] == .notRun && coverage[.cycles] == .notRun && coverage[.growth] == .notRun)
        #expect(!review.isComplete)
        for state in review.detectors where state.coverage != .complete {
            #expect(state.reason?.isEmpty == false && state.remedy?.isEmpty == false)
        }
    }

    @Test("No way of checking sees every memory error", arguments: CheckMode.allCases) func partial(mode: CheckMode) {
        let state = SafetyReview(input(mode)).detectors.first { $0.detector == .errors }
        #expect(state?.coverage == .partial)
    }

    @Test(
        "Each kind of memory error has its weight",
        arguments: [
            (.useAfterFreeWrite, false, .critical), (.doubleFree, false, .critical), (.invalidFree, false, .critical),
            (.overflow, false, .critical), (.overflow, true, .high), (.underflow, true, .high),
            (.useAfterFreeRead, true, .high), (.mismatchedFree, false, .medium),
        ] as [(MemoryError.Kind, Bool, SafetyFinding.Severity)]
    )
    func severities(kind: MemoryError.Kind, isRead: Bool, severity: SafetyFinding.Severity) {
        var error = MemoryError(id: 3, kind: kind, address: 16)
        error.isRead = isRead
        var input = input()
        input.errors = [error]
        let finding = SafetyReview(input).findings.first
        #expect(finding?.severity == severity && finding?.confidence == 1 && finding?.quality == .measured)
        #expect(finding?.remedy.isEmpty == false && finding?.link.contains("#/errors") == true)
    }

    @Test("A guessed block is a conclusion, and half as sure") func guessed() {
        var error = MemoryError(id: 1, kind: .useAfterFreeRead, address: 16)
        error.isGuessed = true
        var input = input()
        input.errors = [error]
        let finding = SafetyReview(input).findings.first
        #expect(finding?.quality == .inferred && finding?.confidence == 0.5)
    }

    @Test("Lost records and guessed stacks are findings of their own") func records() {
        var input = input()
        input.totals.droppedBlocks = 2
        input.totals.stacksGuessed = 1
        input.totals.stacksExact = 3
        let findings = SafetyReview(input).findings
        #expect(findings.first { $0.detector == .records }?.magnitude == 2)
        #expect(findings.first { $0.detector == .stacks }?.confidence == 0.25)
    }
}
