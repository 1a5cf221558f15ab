public import MemscopeAnalysis
internal import MemscopeRender
public import Tracking

// What the API answers, for the program itself: none of it needs a server.
extension MemScope {
    /// The process' figures now.
    ///
    /// ```swift
    /// logger.info("heap", metadata: ["live": "\(MemScope.summary().liveBytes)"])
    /// ```
    ///
    /// - Returns: As `/api/summary` has them.
    public static func summary() -> HeapSummary {
        CaptureCore.asOwnThread {
            let observer = HeapObserver.current
            return HeapSummary(observer.summaryValues(), observer.envelope())
        }
    }

    /// Call stacks with what they allocated.
    ///
    /// - Parameters:
    ///   - column: What the first have most of.
    ///   - limit: Most rows; each of them is named, which takes some milliseconds for a new one.
    /// - Returns: As `/api/sites` has them.
    public static func sites(by column: SiteColumn = .bytes, limit: Int = 100) -> [SiteUsage] {
        guard limit > 0 else { return [] }
        return CaptureCore.asOwnThread {
            let order = ListOrder(column, isDescending: true)
            let page = Page(sites: CaptureCore.sites(), order: order, limit: limit)
            return HeapObserver.current.withNames { names in
                page.rows.map { SiteUsage($0, stack: names.symbolize(stack: $0.addresses, at: $0.firstSeen)) }
            }
        }
    }

    /// Live blocks by type; looks at each of them.
    ///
    /// - Parameters:
    ///   - column: What the first have most of; names are sorted from A to Z.
    ///   - limit: Most rows.
    /// - Returns: As `/api/types` has them.
    /// - Throws: ``HeapAnalysisError`` with the code ``HeapAnalysisError/Code/busy`` while somebody else looks.
    ///   Sorted by retained bytes it looks at the heap if nobody has, and throws what ``analyze(_:)`` does.
    public static func types(
        by column: TypeColumn = .bytes,
        limit: Int = .max
    ) throws(HeapAnalysisError) -> [TypeUsage] {
        guard limit > 0 else { return [] }
        return try CaptureCore.asOwnThread { () throws(HeapAnalysisError) in
            let observer = HeapObserver.current
            let finding = column == .retainedBytes ? try observer.lastFinding() : observer.graph.last
            let snapshot = try observer.snapshotOfNow()
            let retained = finding?.retainedBytesByType
            let order = ListOrder(column, isDescending: column != .name)
            let page = Page(types: snapshot.byType, order: order, limit: limit) { retained?[$0] }
            return page.rows.map { TypeUsage($0, retainedBytes: retained?[$0.type]) }
        }
    }

    /// Puts a named mark on the timeline, which the dashboard shows.
    ///
    /// - Parameter name: What happened.
    public static func mark(_ name: String) {
        CaptureCore.asOwnThread { _ = HeapObserver.current.mark(name) }
    }

    /// Takes a snapshot of the heap and keeps it, for ``diff(from:to:limit:)`` and the dashboard.
    ///
    /// The newest 32 are kept, by call stack and type.
    ///
    /// - Parameter name: What to call it; its id when nil. A name that looks like an id ("s1", "now") does not find it
    ///   again.
    /// - Returns: Its id, such as "s1"; nil while another look at the heap is under way.
    @discardableResult
    public static func snapshot(named name: String? = nil) -> String? {
        CaptureCore.asOwnThread { HeapObserver.current.keepSnapshot(named: name)?.id }
    }

    /// What has come and gone between two snapshots.
    ///
    /// ```swift
    /// guard let before = MemScope.snapshot() else { return }
    /// handleRequests()
    /// for type in try MemScope.diff(from: before).types { print(type.change, type.name, type.bytes) }
    /// ```
    ///
    /// - Parameters:
    ///   - older: Id or name of the older snapshot.
    ///   - newer: Id or name of the newer one; nil for the heap of now, which is not kept.
    ///   - limit: Most rows by call stack, which are named, and as many by type.
    /// - Returns: As `/api/diff` has it.
    /// - Throws: ``HeapAnalysisError`` with the code ``HeapAnalysisError/Code/unknownSnapshot`` for one that is not
    ///   kept, ``HeapAnalysisError/Code/busy`` while somebody else looks.
    public static func diff(
        from older: String,
        to newer: String? = nil,
        limit: Int = 100
    ) throws(HeapAnalysisError) -> HeapDiff {
        try CaptureCore.asOwnThread { () throws(HeapAnalysisError) in
            let observer = HeapObserver.current
            let from = try observer.snapshot(older)
            let to = try observer.snapshot(newer ?? HeapSnapshot.unkeptID)
            return observer.withNames { names in
                HeapDiff(from: from, to: to, limit: max(0, limit), naming: names.stack(ofSite:))
            }
        }
    }
}

extension MemScope.HeapSummary {
    fileprivate init(_ values: SummaryValues, _ envelope: Envelope) {
        let totals = values.totals
        self.init()
        (mode, quality, dropped) = (envelope.mode, envelope.quality, totals.dropped)
        (liveBytes, liveBlocks) = (totals.program.liveBytes, totals.program.liveBlocks)
        liveBytesStandardError = values.liveBytesStandardError(envelope.quality)
        (allocations, frees) = (totals.program.allocations, totals.program.frees)
        (allocatedBytes, freedBytes) = (totals.program.allocatedBytes, totals.program.freedBytes)
        (peakLiveBytes, peakErrorBytes) = (totals.peakLiveBytes, totals.peakErrorBytes)
        (sites, threads) = (totals.sites, totals.threadsAlive)
        (rssBytes, allocatorHeldBytes) = (values.rssBytes, values.allocatorHeldBytes)
        allocator = values.allocator
        uptimeNanoseconds = values.uptimeNanoseconds
        (ownBytes, ownLimitBytes) = (totals.ownBytes, totals.ownLimitBytes)
        rates = values.rates.map(Rates.init)
    }
}
