internal import MemscopeAnalysis
internal import MemscopeRender
internal import Synchronization
internal import Tracking

/// The history, the kept snapshots and the names of this process: what is known beyond the core's counters.
///
/// Its methods may be called from any of MemScope's own threads.
package final class HeapObserver: Sendable {
    let hub = EventHub()
    let events = EventStore()
    let identity = ProcessFacts.identity()
    private let timeline = Mutex(Timeline())
    private let allocator = AllocatorGauge()
    private let snapshots = Mutex(KeptSnapshots())
    let graph = GraphSession()
    let growth = GrowthWatch()
    let errors = ErrorWatch()
    let equalSites = Mutex(EqualSites())
    private let recycledSites = Atomic<UInt64>(0)
    /// Whether each memory error gets a line on stderr.
    let printsErrorLines = Switch.printErrors.isOn
    // Made at first use, because reading images and testing the type reader takes milliseconds.
    private let metadata = Mutex<MetadataStore?>(nil)
    /// Whether a collector is running.
    let hasCollector = Atomic(false)
    // The time of the last look-up of names, in nanoseconds on the monotonic clock.
    private let lastNaming = Atomic<UInt64>(0)
    /// How long symbol files stay open after the last look-up; they cost megabytes each.
    private static let idleNanoseconds: UInt64 = 30_000_000_000

    private struct KeptSnapshots {
        var store = SnapshotStore()
        /// By the snapshot's id.
        var sites: [String: RetainedSites] = [:]

        mutating func keep(_ snapshot: HeapSnapshot, named name: String?) -> HeapSnapshot {
            let kept = store.keep(snapshot, named: name)
            sites[kept.id] = RetainedSites(kept.bySite.map(\.site))
            let ids = Set(store.snapshots.map(\.id))
            sites = sites.filter { ids.contains($0.key) }
            return kept
        }
    }

    /// What the user allows.
    struct Settings: Sendable {
        /// Limits for a scan of the heap that the dashboard requests.
        var analysis = MemScope.AnalysisOptions()
        /// Whether clients may see the memory around the damage.
        var showsContents = Switch.showContents.isOn
    }

    private let allowed = Mutex(Settings())

    var settings: Settings {
        get { allowed.withLock { $0 } }
        set { allowed.withLock { $0 = newValue } }
    }

    package init() {}

    /// The observer of this process: its history, snapshots and marks outlive a server.
    static var current: HeapObserver {
        ofProcess.withLock { known in
            let observer = known ?? HeapObserver()
            known = observer
            return observer
        }
    }

    private static let ofProcess = ProcessMutex<HeapObserver?>(nil)

    /// Releases what was kept for requests; called when there is no server any more.
    func rest() {
        graph.forget()
        withNames { $0.closeSymbolFiles() }
    }

    /// The envelope of an answer with the current figures.
    func envelope() -> Envelope {
        envelope(of: CaptureCore.totals())
    }

    /// The envelope of an answer with what was counted for each call stack since the start: it is incomplete when call
    /// stacks were recycled.
    func envelopeOfSites() -> Envelope {
        let totals = CaptureCore.totals()
        var envelope = envelope(of: totals)
        envelope.isIncomplete = envelope.isIncomplete || totals.recycledSites > 0
        return envelope
    }

    private func envelope(of totals: Totals) -> Envelope {
        // A figure is measured only if nothing was ever sampled or left out.
        let isMeasured = totals.sampledAllocations == 0 && totals.gaps == 0
        return Envelope(
            generatedAt: CaptureCore.now,
            process: identity,
            mode: CaptureCore.mode,
            quality: isMeasured ? .measured : .sampled,
            dropped: totals.dropped,
            isIncomplete: totals.droppedStacks + totals.droppedBlocks > 0
        )
    }

    // MARK: Figures of now

    /// `asksAllocator` is false at the end of the process: the thread that ends it may hold the allocator's locks.
    func summaryValues(asksAllocator: Bool = true) -> SummaryValues {
        SummaryValues(
            totals: CaptureCore.totals(),
            now: CaptureCore.now,
            rssBytes: ProcessFacts.residentBytes,
            allocatorHeldBytes: asksAllocator ? allocator.read() : nil,
            allocator: CaptureCore.allocatorName,
            sampleInterval: CaptureCore.sampleInterval,
            rates: timeline.withLock { $0.latest?.rates }
        )
    }

    func summary() -> [UInt8] {
        let values = summaryValues()
        return WireFormat.summary(values, in: envelope(of: values.totals))
    }

    // MARK: History

    /// Reads the current figures and puts them on the timeline; this is the collector's work of each second.
    func tick() {
        CaptureCore.tick()
        forgetRecycledSites()
        CaptureCore.drainEvents { events.append($0) }
        closeIdleSymbolFiles()
        graph.forgetIdle()
        growth.tick()
        watchErrors()
        lookAtVariables()
        TaskReader.prepare()
        let totals = CaptureCore.totals()
        let reading = TimelineReading(
            time: CaptureCore.now,
            liveBytes: totals.program.liveBytes,
            liveBlocks: totals.program.liveBlocks,
            allocations: totals.program.allocations,
            frees: totals.program.frees,
            allocatedBytes: totals.program.allocatedBytes,
            rssBytes: ProcessFacts.residentBytes,
            allocatorHeldBytes: allocator.readIfWatched(),
            ownBytes: totals.ownBytes
        )
        timeline.withLock { $0.add(reading) }
        if hub.hasListeners { hub.publish(event: "summary", data: String(decoding: summary(), as: UTF8.self)) }
    }

    private func forgetRecycledSites() {
        let recycled = CaptureCore.totals().recycledSites
        guard recycledSites.exchange(recycled, ordering: .relaxed) != recycled else { return }
        equalSites.withLock { $0.keep { CaptureCore.site($0) != nil } }
    }

    func withTimeline<Result>(_ body: (Timeline) -> Result) -> Result {
        allocator.watch()
        return timeline.withLock { body($0) }
    }

    @discardableResult
    func mark(_ name: String) -> Mark {
        let mark = Mark(time: CaptureCore.now, name: name)
        timeline.withLock { $0.add(mark) }
        hub.publish(
            event: "mark",
            data: String(decoding: WireFormat.mark(mark, in: envelope()), as: UTF8.self)
        )
        return mark
    }

    func setMode(_ mode: MemScope.Mode) {
        CaptureCore.mode = mode
        hub.publish(event: "mode", data: String(decoding: WireFormat.mode(mode, in: envelope()), as: UTF8.self))
    }

    // MARK: Names

    /// Releases the memory of symbol files that were not used recently; names that were already found are kept.
    private func closeIdleSymbolFiles() {
        let last = lastNaming.load(ordering: .relaxed)
        guard last != 0, CaptureCore.now - last > Self.idleNanoseconds else { return }
        // It does not wait for the lock: if a look-up is under way, the files must stay open anyway.
        _ = metadata.withLockIfAvailable { $0?.closeSymbolFiles() }
        lastNaming.store(0, ordering: .relaxed)
    }

    /// Runs `body` with the names of this process, after refreshing images and threads.
    func withNames<Result>(_ body: (MetadataStore) -> Result) -> Result {
        defer { lastNaming.store(CaptureCore.now, ordering: .relaxed) }
        return metadata.withLock { store in
            if store == nil { store = MetadataStore() }
            // It is not nil after the line above.
            let names = store!
            names.refresh()
            return body(names)
        }
    }

    /// The same, unless another thread has the names.
    func withNamesIfAvailable(_ body: (MetadataStore) -> Void) {
        _ = metadata.withLockIfAvailable { store in
            let names = store ?? MetadataStore()
            store = names
            names.refresh()
            body(names)
        }
    }

    // MARK: Snapshots

    /// Walks over every live block.
    ///
    /// - Returns: Nil while another walk is under way, or a scan for the graph, which needs the names for seconds.
    ///
    /// `isWanted` chooses the blocks that count.
    func takeSnapshot(of isWanted: ((Block) -> Bool)? = nil) -> HeapSnapshot? {
        guard !graph.isUnderWay else { return nil }
        return withNames { names in
            var census = SnapshotCensus(names: names)
            let walk = LiveBlocks { blocks in census.add(isWanted.map { blocks.filter($0) } ?? blocks) }
            guard let walk else { return nil }
            return census.snapshot(of: walk)
        }
    }

    /// The same, but throws when another walk or scan is under way.
    func snapshotOfNow() throws(HeapAnalysisError) -> HeapSnapshot {
        guard let snapshot = takeSnapshot() else { throw HeapAnalysisError(.busy) }
        return snapshot
    }

    /// The kept snapshot with an id or name, or a new one of the current heap.
    func snapshot(_ id: String) throws(HeapAnalysisError) -> HeapSnapshot {
        if id == HeapSnapshot.unkeptID { return try snapshotOfNow() }
        if let kept = withSnapshots({ $0[id] }) { return kept }
        throw .unknownSnapshot(id, kept: withSnapshots { $0.snapshots.map(\.id) })
    }

    /// Takes a snapshot and keeps it; nil while another walk or scan is under way.
    func keepSnapshot(named name: String?) -> HeapSnapshot? {
        guard let snapshot = takeSnapshot() else { return nil }
        let kept = snapshots.withLock { $0.keep(snapshot, named: name) }
        hub.publish(
            event: "snapshot",
            data: String(decoding: WireFormat.kept(kept, in: envelope()), as: UTF8.self)
        )
        return kept
    }

    func withSnapshots<Result>(_ body: (SnapshotStore) -> Result) -> Result {
        snapshots.withLock { body($0.store) }
    }
}
