internal import MemscopeAnalysis
internal import Synchronization
internal import Tracking

/// Reads what call stacks hold, every ten seconds, to find those that grow steadily.
final class GrowthWatch: Sendable {
    private struct State {
        var history: GrowthHistory
        var nextReading: UInt64
    }

    private static let interval: UInt64 = 10_000_000_000

    private let state = Mutex(
        State(history: GrowthHistory(start: CaptureCore.totals().startedAt), nextReading: CaptureCore.now)
    )

    /// The collector's second.
    func tick() {
        let now = CaptureCore.now
        let isDue = state.withLock { state in
            guard now >= state.nextReading else { return false }
            state.nextReading = now + Self.interval
            return true
        }
        guard isDue else { return }
        let samples = CaptureCore.siteCounts().map { site, counts in
            GrowthHistory.Sample(site: site, liveBytes: counts.liveBytes, liveBlocks: counts.liveBlocks)
        }
        state.withLock { $0.history.add(samples, at: now) }
    }

    /// Call stacks that grow, without their names.
    ///
    /// - Parameter graph: Tells what they hold mostly; without it their type is not known.
    /// - Returns: The steepest first.
    func leaks(in graph: HeapGraph?) -> [MemScope.HeapAnalysis.Leak] {
        let findings = state.withLock { GrowthDetector().findings(in: $0.history) }
        guard !findings.isEmpty else { return [] }
        let types = graph.map { Self.types(of: Set(findings.map(\.site)), in: $0) } ?? [:]
        return findings.map { finding in
            let type = types[finding.site] ?? BlockType(name: "unknown", kind: .unknown)
            let minutes = finding.trend.nanoseconds / 60_000_000_000
            return MemScope.HeapAnalysis.Leak(
                kind: .growth,
                reason: "grew steadily for \(minutes) min, in \(finding.trend.points) readings",
                count: Int(finding.last.liveBlocks),
                bytes: finding.last.liveBytes,
                retainedBytes: nil,
                type: type.name,
                typeKind: type.kind,
                site: finding.site,
                stack: [],
                addresses: [],
                growth: MemScope.HeapAnalysis.Leak.Growth(
                    bytesPerSecond: finding.trend.slopeBytesPerSecond,
                    confidence: finding.trend.confidence
                )
            )
        }
    }

    /// The type with the most bytes of each site.
    private static func types(of sites: Set<UInt32>, in graph: HeapGraph) -> [UInt32: BlockType] {
        var bytes: [UInt32: [UInt32: UInt64]] = [:]
        for node in 0..<graph.count where sites.contains(graph.nodes[node].site) {
            bytes[graph.nodes[node].site, default: [:]][graph.nodes[node].type, default: 0] += graph.nodes[node].size
        }
        return bytes.compactMapValues { types in
            types.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { graph.blockType(at: $0.key) }
        }
    }
}
