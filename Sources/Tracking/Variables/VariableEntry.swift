/// A variable, and what is kept for it.
struct VariableEntry: Sendable {
    private(set) var record: VariableRecord
    /// The value's words.
    private(set) var words: [UInt64]
    private var watched: [WatchedReference]
    /// The contexts of functions that may have been wrapped, outermost first; empty once it is known.
    private var inner: [WatchedReference] = []
    /// Whether the variable tells of its changes and of its end itself.
    let isFollowed: Bool
    /// Whether it was tried to read the words by their type.
    private(set) var isRead = false
    /// Keeps the stacks of the changes, each beside its change, and at the end those of its blocks.
    private var sitesOfChanges: [RetainedSites] = []
    private var sitesOfBlocks: RetainedSites?

    private static let changeLimit = 32
    private static let historyLimit = 64

    init(_ record: VariableRecord, id: UInt32, _ value: ValueSample, isFollowed: Bool) {
        self.record = record
        self.isFollowed = isFollowed
        words = value.words
        watched = Self.watch(words)
        if !isFollowed {
            inner = value.functions.flatMap { function in
                function.inner.compactMap { WatchedReference(word: $0, offset: function.offset) }
            }
        }
        self.record.id = id
        update()
    }

    private static func watch(_ words: [UInt64]) -> [WatchedReference] {
        words.enumerated().compactMap { WatchedReference(word: $1, offset: UInt64(8 * $0)) }
    }

    /// When the last of its blocks ended; nil while one lives.
    var lastEnd: UInt64? {
        let ends = record.references.compactMap(\.end?.time)
        return ends.count == record.references.count ? ends.max() : nil
    }

    mutating func name(_ name: String) {
        record.name = name
        record.nameless = 0
    }

    /// Leaves out the words that only look like references.
    mutating func read(as fields: [BlockLayout.Field]?) {
        isRead = true
        unwrapFunctions()
        record.fields = fields
        guard let fields else { return }
        for index in watched.indices.reversed()
        where BlockLayout.field(at: watched[index].reference.offset, in: fields) == nil {
            watched[index].stop()
            watched.remove(at: index)
        }
        update()
    }

    /// Wrappers have gone by now; the outermost context that lives is the function's.
    private mutating func unwrapFunctions() {
        for var one in inner {
            let place = watched.firstIndex { $0.reference.offset == one.reference.offset }
            if let place, watched[place].hasEnded {
                watched[place].stop()
                watched[place] = one
            } else {
                one.stop()
            }
        }
        inner = []
    }

    /// Reads the state of the blocks.
    mutating func update() {
        for index in watched.indices { watched[index].update() }
        record.references = watched.map(\.reference)
        // A value without blocks neither changes nor ends.
        record.isPlain = watched.isEmpty && !isFollowed
    }

    /// Adds a point to the history, if the bytes have changed.
    mutating func addPoint(_ now: UInt64) {
        let bytes = record.ownedBytes
        guard isRead, record.history.last?.bytes != bytes else { return }
        record.history.append(VariablePoint(time: now, bytes: bytes))
        // Every second point goes: the course stays, with fewer details.
        guard record.history.count > Self.historyLimit else { return }
        record.history = record.history.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    mutating func change(to words: [UInt64], _ change: ValueChange, _ now: UInt64) {
        var before = watched
        self.words = words
        watched = Self.watch(words)
        isRead = false
        update()
        note(change, from: before, now)
        for index in before.indices { before[index].stop() }
    }

    /// Its blocks are not watched any more.
    mutating func end(at time: UInt64?) {
        update()
        record.died = time
        if let time { addPoint(time) }
        sitesOfBlocks = RetainedSites(record.references.flatMap { [$0.site, $0.end?.site ?? 0] }.filter { $0 != 0 })
        for index in watched.indices { watched[index].stop() }
        for index in inner.indices { inner[index].stop() }
    }

    private mutating func note(_ change: ValueChange, from before: [WatchedReference], _ now: UInt64) {
        let fresh = watched.first { one in !before.contains { $0.reference.address == one.reference.address } }
        guard fresh != nil || watched.count != before.count else { return }
        let kind = Self.kind(of: change, fresh, before)
        let site = fresh?.reference.site ?? 0
        record.changeCount += 1
        record.changes.append(VariableChange(time: now, kind: kind, bytes: record.ownedBytes, site: site))
        sitesOfChanges.append(RetainedSites([site]))
        if record.changes.count > Self.changeLimit {
            record.changes.removeFirst()
            sitesOfChanges.removeFirst()
        }
        if kind == .copied {
            record.copies += 1
            record.copiedBytes += fresh?.reference.size ?? 0
        }
    }

    private static func kind(
        of change: ValueChange,
        _ fresh: WatchedReference?,
        _ before: [WatchedReference]
    ) -> VariableChange.Kind {
        guard case .modified(let since) = change, let fresh, let old = before.first else { return .assigned }
        if old.hasEnded { return .reallocated }
        // The old block lives on, so something else refers to it.
        return fresh.isNewer(than: since) ? .copied : .assigned
    }
}
