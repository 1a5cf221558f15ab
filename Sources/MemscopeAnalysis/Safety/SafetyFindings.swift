import Tracking

// The severity, confidence and remedy of each detector's findings. docs/safety.md describes the rules for users.

extension SafetyFinding {
    init(_ error: MemoryError, checks: CheckTotals) {
        let seen = error.count == 1 ? "seen once" : "seen \(error.count) times"
        self.init(
            .errors,
            error.severity,
            title: error.title,
            evidence: [seen, error.note].compactMap(\.self).joined(separator: ". "),
            // It is certain that a block was freed twice, even when it is not certain which block it was.
            confidence: error.isGuessed && error.kind != .doubleFree ? 0.5 : 1,
            quality: error.isGuessed ? .inferred : .measured,
            remedy: error.remedy,
            link: "#/errors?filter=%23\(error.id)",
            magnitude: error.count,
            site: error.access.site != 0 ? error.access.site : error.allocated.site
        )
    }

    init(leak: MemScope.HeapAnalysis.Leak, scan: MemScope.HeapAnalysis.Scan) {
        let bytes = leak.retainedBytes ?? leak.bytes
        self.init(
            .leaks,
            Self.severity(bytes: bytes, of: scan.bytes),
            title: "\(Self.blocks(leak.count)) of \(leak.type) unreachable",
            evidence: "\(leak.bytes) bytes that nothing reaches, \(bytes) with what only they hold: \(leak.reason)",
            confidence: Self.confidence(in: scan),
            remedy: Self.remedy(forUnreachable: leak.typeKind) + ", in the code that the stack shows",
            link: "#/leaks?kind=direct",
            magnitude: bytes,
            site: leak.site
        )
    }

    init(cycle: MemScope.HeapAnalysis.Cycle, scan: MemScope.HeapAnalysis.Scan) {
        let path = cycle.path.map { step in step.type + (step.field.map { "." + $0 } ?? "") }
        let seen = "\(cycle.count == 1 ? "one cycle" : "\(cycle.count) cycles"), \(cycle.bytes) bytes"
        let held = cycle.isReachable ? "something still holds it, so it may be meant" : "nothing else holds it"
        let remedy = cycle.breakEdge.map { edge in
            "at \(edge.from)\(edge.field.map { "." + $0 } ?? ""), \(edge.reason)"
        }
        self.init(
            .cycles,
            cycle.isReachable ? .low : Self.severity(bytes: cycle.bytes, of: scan.bytes),
            title: "retain cycle " + path.joined(separator: " → "),
            evidence: "\(seen); \(held)",
            confidence: cycle.isReachable ? 0.3 : Self.confidence(in: scan) * (cycle.isInferred ? 0.8 : 1),
            quality: cycle.isInferred || cycle.isReachable ? .inferred : .measured,
            remedy: remedy ?? "make one of its references weak, or set it to nil in the end",
            link: "#/cycles",
            magnitude: cycle.bytes,
            site: cycle.site
        )
    }

    init(growth leak: MemScope.HeapAnalysis.Leak, liveBytes: UInt64) {
        let slope = leak.growth?.bytesPerSecond ?? 0
        // The seconds until the live bytes have doubled.
        let doubling = slope > 0 ? Double(liveBytes) / slope : .infinity
        self.init(
            .growth,
            doubling < 3600 ? .high : doubling < 86_400 ? .medium : .low,
            title: "\(Self.blocks(leak.count)) of \(leak.type), and steadily more",
            evidence: "\(Int(slope.rounded())) bytes more in each second, \(leak.bytes) now: \(leak.reason)",
            confidence: leak.growth?.confidence ?? 0,
            quality: .inferred,
            remedy: "look whether what the stack shows is bounded; a cache needs a limit",
            link: "#/leaks?kind=growth",
            magnitude: leak.bytes,
            site: leak.site
        )
    }

    /// Findings about missing records: other figures may be too low because of them.
    static func records(_ totals: Totals) -> [SafetyFinding] {
        let tables: [(words: String, count: UInt64, severity: Severity)] = [
            ("blocks that found no place in the table", totals.droppedBlocks, .medium),
            ("call stacks that found no place in the table", totals.droppedStacks, .low),
            ("threads beyond the table", totals.droppedThreads, .low),
            ("tasks that found no place in the table of contexts", totals.droppedAccounts, .low),
            ("times that tracking was off", totals.gaps, .low),
        ]
        return tables.filter { $0.count > 0 }.map { table in
            SafetyFinding(
                .records,
                table.severity,
                title: "records are missing: \(table.words)",
                evidence: "\(table.count), counted since the start",
                confidence: 1,
                remedy: "figures are too low by these; see docs/capture.md for the limits",
                link: "#/overview",
                magnitude: table.count
            )
        }
    }

    /// A finding about call stacks that may be wrong.
    static func stacks(_ totals: Totals) -> [SafetyFinding] {
        let all = totals.stacksExact + totals.stacksTruncated + totals.stacksGuessed
        guard totals.stacksGuessed > 0 else { return [] }
        return [
            SafetyFinding(
                .stacks,
                .low,
                title: "call stacks with a frame that was guessed",
                evidence: "\(totals.stacksGuessed) of \(all) distinct stacks",
                confidence: Double(totals.stacksGuessed) / Double(all),
                remedy: "build with frame pointers or unwind tables; see docs/capture.md",
                link: "#/sites",
                magnitude: totals.stacksGuessed
            )
        ]
    }

    /// What to do about unreachable blocks of this kind, which depends on what the program usually forgets.
    private static func remedy(forUnreachable kind: TypeKind) -> String {
        switch kind {
        case .task: "resume each continuation exactly once, on every path"
        case .class, .array, .dictionary, .set, .string, .closure, .box, .error:
            "balance Unmanaged.passRetained with release() or takeRetainedValue()"
        case .dispatch, .block: "balance retain with release, enter with leave, suspend with resume"
        case .c, .unknown: "free them, or keep what points to them"
        }
    }

    private static func blocks(_ count: Int) -> String { count == 1 ? "1 block" : "\(count) blocks" }

    /// The severity by the share of the heap: a tenth is high, a hundredth medium.
    private static func severity(bytes: UInt64, of heap: UInt64) -> Severity {
        let share = heap == 0 ? 0 : Double(bytes) / Double(heap)
        return share >= 0.1 ? .high : share >= 0.01 ? .medium : .low
    }

    /// It is below 1 because a pointer may be hidden; lower when some registers were not read.
    private static func confidence(in scan: MemScope.HeapAnalysis.Scan) -> Double {
        scan.threadsLeft > 0 ? 0.9 : 0.95
    }
}

extension MemoryError {
    fileprivate var severity: SafetyFinding.Severity {
        switch kind {
        case .useAfterFreeWrite, .doubleFree, .invalidFree: .critical
        case .overflow, .underflow: isRead ? .high : .critical
        case .useAfterFreeRead: isFatal ? .critical : .high
        case .mismatchedFree: .medium
        }
    }

    fileprivate var remedy: String {
        switch kind {
        case .useAfterFreeRead, .useAfterFreeWrite:
            "keep the block until its last use, or forget the pointer when it is freed: compare both stacks"
        case .doubleFree: "let one place own the block: compare the two stacks that freed it"
        case .invalidFree: "free only what an allocation returned, at its first byte"
        case .overflow, .underflow: "check the index or length at the access against the size at the allocation"
        case .mismatchedFree: "free with what belongs to the allocation: free, delete, or delete[], with the same size"
        }
    }
}
