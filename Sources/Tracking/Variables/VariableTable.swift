internal import CMemscope

/// The variables of one process.
struct VariableTable: Sendable {
    /// A value that was not read by its type.
    struct Unread: Sendable {
        var id: UInt32
        var version: Int
        var words: HiddenWords
        var metadata: UInt64
        var isTruncated: Bool
    }

    private var lastID: UInt32 = 0
    private var live: [UInt32: VariableEntry] = [:]
    /// In the order in which they ended; a ring once there are `endedLimit`.
    private var ended: [VariableEntry] = []
    private var nextEnded = 0
    private var dropped: UInt64 = 0
    private var droppedBlocks: UInt64 = 0
    private var forgotten: UInt64 = 0
    private(set) var isInUse = false
    /// The variables that were added last, and that nobody looked at on their own.
    private var latest: [UInt32] = []
    private static let mostLatest = 256

    var ids: [UInt32] { Array(live.keys) }

    var unread: [Unread] {
        live.values.filter { !$0.isRead }.map {
            Unread(
                id: $0.record.id,
                version: $0.version,
                words: $0.words,
                metadata: $0.record.metadata,
                isTruncated: $0.record.isTruncated
            )
        }
    }

    var census: VariableCensus {
        var census = VariableCensus()
        census.variables = (live.values.map(\.record) + ended.map(\.record)).sorted { $0.id < $1.id }
        (census.dropped, census.droppedBlocks, census.forgotten) = (dropped, droppedBlocks, forgotten)
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
        var entry = VariableEntry(record, id: lastID, value, isFollowed: isFollowed)
        if entry.missing > 0 {
            // Blocks that have ended take places until somebody has looked at them.
            entry.end(at: nil)
            lookAtLatest()
            entry = VariableEntry(record, id: lastID, value, isFollowed: isFollowed)
        }
        latest.append(lastID)
        if latest.count == Self.mostLatest { lookAtLatest() }
        droppedBlocks += entry.missing
        if entry.record.isPlain { keepEnded(entry, at: nil) } else { live[lastID] = entry }
        return lastID
    }

    /// A loop tracks values that end soon, often at one address; to look at all variables would take milliseconds.
    private mutating func lookAtLatest() {
        let now = CaptureCore.now
        for id in latest { look(at: id, now) }
        latest = []
    }

    /// False when the variable is not known.
    mutating func change(_ id: UInt32, to words: HiddenWords, _ change: ValueChange) -> Bool {
        guard let before = live[id]?.missing else { return false }
        live[id]?.change(to: words, change, CaptureCore.now)
        droppedBlocks += (live[id]?.missing ?? before) - before
        return true
    }

    mutating func end(_ id: UInt32, at time: UInt64) {
        if let entry = live.removeValue(forKey: id) { keepEnded(entry, at: time) }
    }

    mutating func name(_ id: UInt32, _ name: String) { live[id]?.name(name) }

    /// Gives a value its meaning, unless it has changed meanwhile.
    mutating func read(_ value: Unread, as fields: [BlockLayout.Field]?, isCode: (UInt64) -> Bool) {
        guard live[value.id]?.version == value.version else { return }
        live[value.id]?.read(as: fields, isCode: isCode)
        guard let entry = live[value.id], entry.record.isPlain else { return }
        live[value.id] = nil
        keepEnded(entry, at: nil)
    }

    /// Updates a variable from what the core has seen.
    mutating func look(at id: UInt32, _ now: UInt64) {
        // In place: a copy of an entry costs ten times as much as the look.
        guard let place = live.index(forKey: id), live.values[place].update() else { return }
        live.values[place].addPoint(now)
        if !live.values[place].isFollowed, let end = live.values[place].lastEnd { self.end(id, at: end) }
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
