internal import MemscopeAnalysis
internal import Synchronization
internal import Tracking

/// Makes scans of the whole heap, one at a time, and keeps the findings of the last one.
///
/// A session makes one scan and, if that found blocks that nothing holds, a second one with the registers of all
/// threads. A block is a leak only if both scans found it unreachable, or the second scan and the scan before.
final class GraphSession: Sendable {
    private struct Kept {
        var finding: HeapFinding
        /// The time of the last request, in nanoseconds on the monotonic clock.
        var usedAt: UInt64
    }

    /// How long a graph is kept without requests: it costs about 100 bytes per block.
    private static let idleNanoseconds: UInt64 = 600_000_000_000

    private let kept = Mutex<Kept?>(nil)
    private let isScanning = Atomic(false)

    /// Whether a scan is under way.
    var isUnderWay: Bool { isScanning.load(ordering: .acquiring) }

    /// The findings of the last scan, while they are kept; counts as a request.
    var last: HeapFinding? {
        kept.withLock { kept in
            kept?.usedAt = CaptureCore.now
            return kept?.finding
        }
    }

    /// The same, but without counting as a request: for callers that do not need the graph to be kept.
    var lastKept: HeapFinding? {
        kept.withLock { $0?.finding }
    }

    func forget() {
        kept.withLock { $0 = nil }
    }

    /// Releases the memory of a graph that was not requested recently.
    func forgetIdle() {
        kept.withLock { current in
            if let usedAt = current?.usedAt, CaptureCore.now - usedAt > Self.idleNanoseconds { current = nil }
        }
    }

    /// Makes a scan now.
    ///
    /// - Parameters:
    ///   - isKept: Whether the findings are kept for later requests.
    ///   - isLast: Whether the findings of the previous scan are no longer needed either.
    ///   - body: Makes the scan; its argument are the blocks that the previous scan found unreachable.
    /// - Returns: The findings.
    /// - Throws: The reason why the heap could not be scanned.
    func scan(
        isKept: Bool,
        isLast: Bool,
        _ body: (UnreachableBlocks?) throws(HeapAnalysisError) -> HeapFinding
    ) throws(HeapAnalysisError) -> HeapFinding {
        guard !isScanning.exchange(true, ordering: .acquiringAndReleasing) else {
            throw HeapAnalysisError(.busy)
        }
        defer { isScanning.store(false, ordering: .releasing) }
        let known = lastKept?.unreachable
        // Two graphs at once would need twice the memory, and words in one graph may seem to hold the blocks that the
        // other describes. If the new scan is certain to fail, the last graph is kept.
        if isKept || isLast, CaptureCore.knowsEveryBlock { kept.withLock { $0 = nil } }
        let finding = try body(known)
        if isKept { kept.withLock { $0 = Kept(finding: finding, usedAt: CaptureCore.now) } }
        return finding
    }
}
