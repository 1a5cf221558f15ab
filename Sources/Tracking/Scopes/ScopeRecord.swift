internal import CMemscope

/// What was counted for a scope with a name, and the scopes inside it.
package struct ScopeRecord: Sendable, Hashable {
    package var id: UInt32
    package var name: ScopeName
    package var counts: ScopeCounts

    package init(id: UInt32, name: ScopeName, counts: ScopeCounts) {
        (self.id, self.name, self.counts) = (id, name, counts)
    }
}

/// Counters of scopes.
package struct ScopeCounts: Sendable, Hashable {
    package var allocations: UInt64 = 0
    package var allocatedBytes: UInt64 = 0
    /// Of its blocks, wherever they are freed.
    package var liveBlocks: UInt64 = 0
    package var liveBytes: UInt64 = 0
    /// Live, though the call that they were allocated in has ended.
    package var escapedBlocks: UInt64 = 0
    package var escapedBytes: UInt64 = 0
    /// The most live bytes that were seen at one time: a lower bound of the true peak.
    package var peakLiveBytes: UInt64 = 0
    /// Of the scope itself, without those inside it: calls that began, and that have not ended.
    package var calls: UInt64 = 0
    package var running: UInt64 = 0
    /// The time of the calls that have ended.
    package var nanoseconds: UInt64 = 0

    package init() {}

    fileprivate init(_ totals: Counts) {
        (allocations, allocatedBytes) = (totals.allocations, totals.allocatedBytes)
        (liveBlocks, liveBytes) = (totals.liveBlocks, totals.liveBytes)
    }

    /// A block that ends while the counters are read may be live in one of them only.
    fileprivate mutating func subtract(_ part: ScopeCounts) {
        allocations -= min(allocations, part.allocations)
        allocatedBytes -= min(allocatedBytes, part.allocatedBytes)
        liveBlocks -= min(liveBlocks, part.liveBlocks)
        liveBytes -= min(liveBytes, part.liveBytes)
    }

    init(_ raw: mscope_scope_counts) {
        allocations = raw.allocations
        allocatedBytes = raw.allocated_bytes
        liveBlocks = raw.live_blocks
        liveBytes = raw.live_bytes
        escapedBlocks = raw.escaped_blocks
        escapedBytes = raw.escaped_bytes
        peakLiveBytes = raw.peak_live_bytes
        calls = raw.calls
        running = raw.running
        nanoseconds = raw.nanoseconds
    }
}

extension Block {
    /// Whether it was allocated in a call of the scope that has ended.
    ///
    /// To be asked during the walk that found the block.
    package func hasEscaped(from scope: UInt32) -> Bool { call != 0 && mscope_has_escaped(call, scope) }
}

/// The scopes of this process at one moment.
package struct ScopeCensus: Sendable {
    /// Ascending by id, so that a scope comes after the one around it.
    package var scopes: [ScopeRecord]
    /// What was allocated in no scope.
    package var outside: ScopeCounts
    /// Calls that found no place, and were counted for the call around them.
    package var droppedCalls: UInt64

    /// - Parameters:
    ///   - scopes: The scopes, ascending by id.
    ///   - totals: The process' counters, read after those of the scopes.
    ///   - droppedCalls: The number of calls that found no place.
    package init(scopes: [ScopeRecord], totals: Counts, droppedCalls: UInt64) {
        self.scopes = scopes
        self.droppedCalls = droppedCalls
        let named = Set(scopes.map(\.id))
        outside = ScopeCounts(totals)
        for scope in scopes where !named.contains(scope.name.parent) { outside.subtract(scope.counts) }
    }

    /// Reads all counters now.
    package static func now() -> ScopeCensus {
        let names = ScopeNames.all()
        let count = Int(mscope_scope_count()) + 1
        var counts = [mscope_scope_counts](repeating: mscope_scope_counts(), count: count)
        unsafe mscope_read_scopes(&counts, UInt32(count))
        let scopes = names.sorted { $0.key < $1.key }.compactMap { number, name in
            Int(number) < count
                ? ScopeRecord(id: number, name: name, counts: ScopeCounts(counts[Int(number)])) : nil
        }
        return ScopeCensus(
            scopes: scopes,
            totals: CaptureCore.totals().program,
            droppedCalls: mscope_dropped_calls()
        )
    }
}
