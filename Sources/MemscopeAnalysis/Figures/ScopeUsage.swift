public import Tracking

extension MemScope {
    /// What the code in a ``MemScope/scope(_:attributes:_:)`` allocated, as in a row of `/api/scopes`.
    ///
    /// What is allocated in a scope counts for the scopes around it, too. The figures are exact, except for the peak;
    /// they are estimates when the quality of ``HeapSummary`` is not ``Quality/measured``.
    public struct ScopeUsage: Sendable, Hashable, Codable {
        /// The number of the scope, which stays the same while the process runs.
        public var id: UInt32
        /// The name of the scope.
        public var name: String
        /// The names of the scopes around it, outermost first, and its own.
        public var path: [String]
        /// The attributes of the scope.
        public var attributes: [String: String]
        /// The number of times the scope began.
        public var calls: UInt64
        /// Calls that have not ended.
        public var running: UInt64
        /// The number of blocks allocated so far.
        public var allocations: UInt64
        /// Bytes allocated so far.
        public var allocatedBytes: UInt64
        /// Of these, the bytes that were freed, wherever that happened.
        public var freedBytes: UInt64
        /// Blocks that are live.
        public var liveBlocks: UInt64
        /// The bytes of these blocks.
        public var liveBytes: UInt64
        /// Blocks that are live although the call that allocated them has ended.
        public var escapedBlocks: UInt64
        /// The bytes of these blocks.
        public var escapedBytes: UInt64
        /// The highest live bytes that were observed, of all calls together; nil when several scopes are in one row.
        ///
        /// It is a lower bound: the true peak is at most 4 KiB higher for each call and task that had live blocks.
        public var peakBytes: UInt64?
        /// The time of the calls that have ended, in nanoseconds, by the clock on the wall.
        public var nanoseconds: UInt64
    }

    /// The columns by which scopes can be sorted.
    public enum ScopeColumn: String, Sendable, Hashable, CaseIterable {
        /// The number of the scope.
        case id
        /// How often it began.
        case calls
        /// Calls that have not ended.
        case running
        /// Blocks allocated so far.
        case allocations
        /// Bytes allocated so far.
        case allocatedBytes
        /// Bytes freed so far.
        case freedBytes
        /// Bytes of live blocks.
        case liveBytes
        /// Live blocks of calls that have ended.
        case escapedBlocks
        /// The bytes of these blocks.
        case escapedBytes
        /// The highest live bytes that were observed.
        case peakBytes
        /// The time of the calls that have ended.
        case nanoseconds
    }

    /// Which scopes are one row.
    public enum ScopeGrouping: String, Sendable, Hashable, CaseIterable {
        /// Each place in other scopes, with its attributes.
        case path
        /// All scopes with the same name.
        case name
    }
}

extension MemScope.ScopeUsage {
    init(_ scope: ScopeRecord, path: [String]) {
        let counts = scope.counts
        id = scope.id
        name = scope.name.name
        self.path = path
        attributes = Dictionary(scope.name.attributes.map { ($0.key, $0.value) }) { first, _ in first }
        (calls, running) = (counts.calls, counts.running)
        (allocations, allocatedBytes) = (counts.allocations, counts.allocatedBytes)
        freedBytes = counts.allocatedBytes - min(counts.allocatedBytes, counts.liveBytes)
        (liveBlocks, liveBytes) = (counts.liveBlocks, counts.liveBytes)
        (escapedBlocks, escapedBytes) = (counts.escapedBlocks, counts.escapedBytes)
        peakBytes = counts.peakLiveBytes
        nanoseconds = counts.nanoseconds
    }

    /// Whether a scope around this one has the same name, and so counts the same blocks.
    private var isInsideItsName: Bool { path.dropLast().contains(name) }

    /// The rows with the same name as one row each; each block counts once.
    static func merged(_ rows: [Self]) -> [Self] {
        var merged: [Self] = []
        var indexOfName: [String: Int] = [:]
        for row in rows {
            guard let index = indexOfName[row.name] else {
                indexOfName[row.name] = merged.count
                merged.append(row)
                merged[merged.count - 1].path = [row.name]
                continue
            }
            merged[index].attributes = [:]
            merged[index].calls += row.calls
            merged[index].running += row.running
            merged[index].peakBytes = nil
            if !row.isInsideItsName { merged[index].add(row) }
        }
        return merged
    }

    private mutating func add(_ row: Self) {
        allocations += row.allocations
        allocatedBytes += row.allocatedBytes
        freedBytes += row.freedBytes
        liveBlocks += row.liveBlocks
        liveBytes += row.liveBytes
        escapedBlocks += row.escapedBlocks
        escapedBytes += row.escapedBytes
        nanoseconds += row.nanoseconds
    }
}

extension ScopeCensus {
    /// The rows of the list.
    package func usages(by grouping: MemScope.ScopeGrouping) -> [MemScope.ScopeUsage] {
        var pathOfScope: [UInt32: [String]] = [:]
        let rows = scopes.map { scope in
            let path = pathOfScope[scope.name.parent, default: []] + [scope.name.name]
            pathOfScope[scope.id] = path
            return MemScope.ScopeUsage(scope, path: path)
        }
        return grouping == .path ? rows : MemScope.ScopeUsage.merged(rows)
    }
}

package typealias ScopeColumn = MemScope.ScopeColumn
