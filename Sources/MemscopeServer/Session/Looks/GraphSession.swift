internal import MemscopeAnalysis
internal import Synchronization
internal import Tracking

/// Looks at the whole heap, one look at a time, and keeps what the last one found.
///
/// A look is one scan, and where that found blocks that nothing holds, a second one with the registers of all threads:
/// only what both found lost is a leak, or one of them and the look before.
final class GraphSession: Sendable {
    private struct Kept {
        var finding: HeapFinding
        /// Monotonic nanoseconds of the last question.
        var usedAt: UInt64
    }

    /// How long a graph stays that nobody asks for: it costs about 100 bytes per block.
    private static let idleNanoseconds: UInt64 = 600_000_000_000

    private let kept = Mutex<Kept?>(nil)
    private let isLooking = Atomic(false)

    /// Whether somebody looks now.
    var isUnderWay: Bool { isLooking.load(ordering: .acquiring) }

    /// What the last look found, while that is kept.
    var last: HeapFinding? {
        kept.withLock { kept in
            kept?.usedAt = CaptureCore.now
            return kept?.finding
        }
    }

    /// The same, but never the reason for a look: a caller that takes what there is.
    var lastKept: HeapFinding? {
        kept.withLock { $0?.finding }
    }

    func forget() {
        kept.withLock { $0 = nil }
    }

    /// Gives back the memory of a graph that nobody asked for lately.
    func forgetIdle() {
        kept.withLock { current in
            if let usedAt = current?.usedAt, CaptureCore.now - usedAt > Self.idleNanoseconds { current = nil }
        }
    }

    /// Looks now.
    ///
    /// - Parameters:
    ///   - isKept: Whether questions will follow.
    ///   - isLast: Whether nobody asks for what the look before found either.
    ///   - body: Looks; it is given what the look before found lost.
    /// - Returns: What was found.
    /// - Throws: Why the heap could not be looked at.
    func look(
        isKept: Bool,
        isLast: Bool,
        _ body: (LostBlocks?) throws(HeapAnalysisError) -> HeapFinding
    ) throws(HeapAnalysisError) -> HeapFinding {
        guard !isLooking.exchange(true, ordering: .acquiringAndReleasing) else {
            throw HeapAnalysisError(.busy)
        }
        defer { isLooking.store(false, ordering: .releasing) }
        let known = lastKept?.lost
        // Two graphs at once would take twice the memory, and words in one may seem to hold what the other is of. Where
        // there will be none the last one stays.
        if isKept || isLast, CaptureCore.knowsEveryBlock { kept.withLock { $0 = nil } }
        let finding = try body(known)
        if isKept { kept.withLock { $0 = Kept(finding: finding, usedAt: CaptureCore.now) } }
        return finding
    }
}
