internal import CMemscope

/// The variables of one process.
struct VariableTable: Sendable {
    private var lastID: UInt32 = 0
    private var live: [UInt32: VariableEntry] = [:]
    /// In the order in which they ended; a ring once there are `endedLimit`.
    private var ended: [VariableEntry] = []
    private var nextEnded = 0
    private var dropped: UInt64 = 0
    private var forgotten: UInt64 = 0
    private(set) var isInUse = false

    var ids: [UInt32] { Array(live.keys) }

    /// The values that were not read by their types.
    var unread: [(id: UInt32, words: [UInt64], metadata: UInt64)] {
        live.values.filter { !$0.isRead }.map { ($0.record.id, $0.words, $0.record.metadata) }
    }

    var census: VariableCensus {
        var census = VariableCensus()
        census.variables = (live.values.map(\.record) + ended.map(\.record)).sorted { $0.id < $1.id }
        (census.dropped, census.forgotten) = (dropped, forgotten)
        return census
    }

    /// Adds a variable; 0 when there are too many.
    mutating func add(_ record: VariableRecord, _ value: ValueSample, follows isFollowed: Bool) -> UInt32 {
        // In a forked child, the core still watches for its parent.
        if !isInUse { mscope_stop_watching_all() }
        isInUse = true
        guard live.count < TrackedVariables.limit else {
            dropped += 1
            return 0
        }
        lastID += 1
        let entry = VariableEntry(record, id: lastID, value, isFollowed: isFollowed)
        if entry.record.isPlain { keepEnded(entry, at: nil) } else { live[lastID] = entry }
        return lastID
    }

    /// False when the variable is not known.
    mutating func change(_ id: UInt32, to words: [UInt64], _ change: ValueChange) -> Bool {
        live[id]?.change(to: words, change, CaptureCore.now) != nil
    }

    mutating func end(_ id: UInt32, at time: UInt64) {
        if let entry = live.removeValue(forKey: id) { keepEnded(entry, at: time) }
    }

    mutating func name(_ id: UInt32, _ name: String) { live[id]?.name(name) }

    mutating func read(_ id: UInt32, as fields: [BlockLayout.Field]?) {
        live[id]?.read(as: fields)
        guard let entry = live[id], entry.record.isPlain else { return }
        live[id] = nil
        keepEnded(entry, at: nil)
    }

    /// Updates a variable from what the core has seen.
    mutating func look(at id: UInt32, _ now: UInt64) {
        live[id]?.update()
        live[id]?.addPoint(now)
        if let entry = live[id], !entry.isFollowed, let end = entry.lastEnd { self.end(id, at: end) }
    }

    private mutating func keepEnded(_ entry: VariableEntry, at time: UInt64?) {
        var entry = entry
        entry.end(at: time)
        guard ended.count == TrackedVariables.endedLimit else { return ended.append(entry) }
        ended[nextEnded] = entry
        nextEnded = (nextEnded + 1) % ended.count
        forgotten += 1
    }
}
