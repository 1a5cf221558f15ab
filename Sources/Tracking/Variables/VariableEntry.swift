/// A variable, and what is kept for it.
struct VariableEntry: Sendable {
    private(set) var record: VariableRecord
    private(set) var words: HiddenWords
    private var watched: [WatchedReference] = []
    /// The functions that may have been wrapped; empty once it is known.
    private var wrapped: [WrappedFunction]
    /// Whether the variable tells of its changes and of its end itself.
    let isFollowed: Bool
    /// Whether it was tried to read the words by their type.
    private(set) var isRead = false
    /// How often the words were replaced.
    private(set) var version = 0
    /// Whether its references are others than at the last update.
    private var hasNews = false
    /// Words that refer to blocks for which there was no place.
    private(set) var missing: UInt64 = 0
    /// Keeps the stacks of the changes, each beside its change.
    private var sitesOfChanges: [RetainedSites] = []

    private static let changeLimit = 32
    private static let historyLimit = 64
    private static let historyDistance: UInt64 = 1_000_000_000

    /// The contexts in a wrapper, from the outside inwards, each with the code that stands beside it.
    private struct WrappedFunction: Sendable {
        var offset: UInt64
        var inside: [(code: UInt64, context: WatchedReference?)]

        mutating func stop() {
            for index in inside.indices { inside[index].context?.stop() }
        }
    }

    init(_ record: VariableRecord, id: UInt32, _ value: ValueSample, isFollowed: Bool) {
        self.record = record
        self.isFollowed = isFollowed
        words = value.words
        let functions = isFollowed ? [] : value.functions
        wrapped = functions.map { function in
            let inside = function.inner.map { one in
                (code: one.code, context: try? WatchedReference(word: one.context, offset: function.offset))
            }
            return WrappedFunction(offset: function.offset, inside: inside)
        }
        watchWords()
        self.record.id = id
        refer()
    }

    private mutating func watchWords() {
        for index in 0..<words.count {
            do {
                watched.append(try WatchedReference(word: words[index], offset: UInt64(8 * index)))
            } catch  where error == .noPlace {
                missing += 1
                record.isTruncated = true
            } catch {}
        }
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
    ///
    /// - Parameters:
    ///   - fields: The words that are references; nil when that is not known.
    ///   - isCode: Whether an address is in an image.
    mutating func read(as fields: [BlockLayout.Field]?, isCode: (UInt64) -> Bool) {
        isRead = true
        unwrapFunctions(isCode)
        record.fields = fields
        if let fields {
            for index in watched.indices.reversed()
            where BlockLayout.field(at: watched[index].reference.offset, in: fields) == nil {
                watched[index].stop()
                watched.remove(at: index)
            }
        }
        refer()
        if let last = record.changes.indices.last, record.changes[last].bytes == nil {
            record.changes[last].bytes = record.ownedBytes
        }
    }

    /// Wrappers have gone by now; the outermost context that lives is the function's.
    private mutating func unwrapFunctions(_ isCode: (UInt64) -> Bool) {
        for var function in wrapped {
            for index in function.inside.indices {
                guard let place = watched.firstIndex(where: { $0.reference.offset == function.offset }),
                    watched[place].hasEnded, isCode(function.inside[index].code)
                else { break }
                watched[place].stop()
                if let context = function.inside[index].context {
                    watched[place] = context
                    function.inside[index].context = nil
                } else {
                    watched.remove(at: place)  // the function has no context
                }
            }
            function.stop()
        }
        wrapped = []
    }

    /// Reads the state of the blocks; false if nothing has happened since the last time, nor to the value.
    @discardableResult
    mutating func update() -> Bool {
        var isOther = false
        for index in watched.indices where watched[index].update() { isOther = true }
        if isOther { refer() }
        defer { hasNews = false }
        return hasNews
    }

    private mutating func refer() {
        hasNews = true
        record.references = watched.map(\.reference)
        // A value without blocks neither changes nor ends.
        record.isPlain = watched.isEmpty && !isFollowed && missing == 0
    }

    /// Adds a point to the history, if the bytes have changed.
    mutating func addPoint(_ now: UInt64) {
        let bytes = record.ownedBytes
        guard isRead, record.history.last?.bytes != bytes else { return }
        if let last = record.history.last, record.history.count > 1, now - last.time < Self.historyDistance {
            record.history[record.history.count - 1].bytes = bytes
            return
        }
        record.history.append(VariablePoint(time: now, bytes: bytes))
        // Every second point goes: the course stays, with fewer details.
        guard record.history.count > Self.historyLimit else { return }
        record.history = record.history.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    mutating func change(to words: HiddenWords, _ change: ValueChange, _ now: UInt64) {
        var before = watched
        self.words = words
        watched = []
        watchWords()
        isRead = false
        version += 1
        refer()
        note(change, from: before, now)
        for index in before.indices { before[index].stop() }
    }

    /// Its blocks are not watched any more.
    mutating func end(at time: UInt64?) {
        update()
        record.died = time
        if let time { addPoint(time) }
        for index in watched.indices { watched[index].stop() }
        for index in wrapped.indices { wrapped[index].stop() }
        wrapped = []
    }

    private mutating func note(_ change: ValueChange, from before: [WatchedReference], _ now: UInt64) {
        let fresh = watched.first { one in !before.contains { $0.reference.address == one.reference.address } }
        guard fresh != nil || watched.count != before.count else { return }
        let kind = Self.kind(of: change, fresh, before.first { $0.reference.offset == fresh?.reference.offset })
        let site = fresh?.reference.site ?? 0
        record.changeCount += 1
        record.changes.append(VariableChange(time: now, kind: kind, bytes: nil, site: site))
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
        _ old: WatchedReference?
    ) -> VariableChange.Kind {
        guard case .modified(let since) = change, let fresh, let old else { return .assigned }
        if old.hasEnded { return .reallocated }
        // The old block lives on, so something else refers to it.
        return fresh.isNewer(than: since) ? .copied : .assigned
    }
}
