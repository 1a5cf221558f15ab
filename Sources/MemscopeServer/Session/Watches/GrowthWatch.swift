internal import MemscopeAnalysis
internal import Synchronization
internal import Tracking

/// Reads the live bytes of all call stacks every ten seconds, to find those that grow steadily.
final class GrowthWatch: Sendable {
    private struct State {
        var history: GrowthHistory
        var nextReading: UInt64
        /// The types of growing call stacks that were not in the last scan of the heap.
        var types: [UInt32: BlockType] = [:]
    }

    private static let interval: UInt64 = 10_000_000_000

    private let state = Mutex(
        State(history: GrowthHistory(start: CaptureCore.totals().startedAt), nextReading: CaptureCore.now)
    )

    /// The watch's work of each second; the collector calls it.
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

    /// Whether there were enough readings to find growth.
    var isReady: Bool { state.withLock { $0.history.hasReadings(GrowthDetector().minimumPoints) } }

    /// The call stacks that grow steadily, without their names; call stacks with the same names are one row.
    ///
    /// - Parameters:
    ///   - graph: The graph of the last scan, from which the most frequent type of each call stack is taken. For call
    ///     stacks that are not in it, live blocks are read, once per call stack.
    ///   - names: Reads types.
    ///   - representative: Maps all call stacks with the same names to one of them.
    /// - Returns: By descending growth.
    func leaks(
        in graph: HeapGraph?,
        _ names: MetadataStore,
        representative: (UInt32) -> UInt32
    ) -> [MemScope.HeapAnalysis.Leak] {
        let findings = state.withLock { GrowthDetector().findings(in: $0.history) }
        guard !findings.isEmpty else { return [] }
        let types = types(of: Set(findings.map(\.site)), in: graph, names)
        var leaks: [MemScope.HeapAnalysis.Leak] = []
        var places: [RowKey: Int] = [:]
        for finding in findings {
            let type = types[finding.site] ?? .unknown
            let site = representative(finding.site)
            let key = RowKey(site: site, type: type)
            if let known = places[key] {
                leaks[known].add(finding)
            } else {
                places[key] = leaks.count
                leaks.append(MemScope.HeapAnalysis.Leak(finding, type: type, site: site))
            }
        }
        return leaks.sorted { $0.growth?.bytesPerSecond ?? 0 > $1.growth?.bytesPerSecond ?? 0 }
    }

    private struct RowKey: Hashable {
        var site: UInt32
        var type: BlockType
    }

    private func types(of sites: Set<UInt32>, in graph: HeapGraph?, _ names: MetadataStore) -> [UInt32: BlockType] {
        var types = graph.map { Self.types(of: sites, in: $0) } ?? [:]
        let seen = state.withLock { $0.types }
        for site in sites where types[site] == nil { types[site] = seen[site] }
        let unknown = sites.filter { types[$0] == nil }
        guard !unknown.isEmpty, let read = SiteTypes.read(of: unknown, names) else { return types }
        types.merge(read) { known, _ in known }
        // The types of call stacks that no longer grow are dropped.
        state.withLock { $0.types = types.filter { sites.contains($0.key) } }
        return types
    }

    /// For each site the type with the most bytes.
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

extension MemScope.HeapAnalysis.Leak {
    fileprivate init(_ finding: GrowthFinding, type: BlockType, site: UInt32) {
        let minutes = finding.trend.nanoseconds / 60_000_000_000
        self.init(
            kind: .growth,
            reason: "grew steadily for \(minutes) min, in \(finding.trend.points) readings",
            count: Int(finding.last.liveBlocks),
            bytes: finding.last.liveBytes,
            retainedBytes: nil,
            type: type.name,
            typeKind: type.kind,
            site: site,
            stack: [],
            addresses: [],
            growth: Growth(
                bytesPerSecond: finding.trend.slopeBytesPerSecond,
                confidence: finding.trend.confidence
            )
        )
    }

    /// Adds another call stack with the same names.
    fileprivate mutating func add(_ finding: GrowthFinding) {
        count += Int(finding.last.liveBlocks)
        bytes += finding.last.liveBytes
        let known = growth ?? Growth(bytesPerSecond: 0, confidence: 1)
        growth = Growth(
            bytesPerSecond: known.bytesPerSecond + finding.trend.slopeBytesPerSecond,
            confidence: min(known.confidence, finding.trend.confidence)
        )
    }
}
