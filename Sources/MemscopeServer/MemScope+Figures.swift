public import MemscopeAnalysis
internal import MemscopeRender
public import Tracking

// The answers of the API for the program itself; no function here needs a server.
extension MemScope {
    /// The current figures of the process.
    ///
    /// ```swift
    /// logger.info("heap", metadata: ["live": "\(MemScope.summary().liveBytes)"])
    /// ```
    ///
    /// - Returns: The figures of `/api/summary`.
    public static func summary() -> HeapSummary {
        CaptureCore.asOwnThread {
            let observer = HeapObserver.current
            return HeapSummary(observer.summaryValues(), observer.envelope())
        }
    }

    /// The call stacks with the figures of their allocations.
    ///
    /// - Parameters:
    ///   - column: The figure to sort by, largest first.
    ///   - limit: The largest number of rows; each row is named, which takes some milliseconds for a new call stack.
    /// - Returns: The rows of `/api/sites`.
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

    /// The Swift tasks that allocated, and live or have live blocks.
    ///
    /// - Parameters:
    ///   - column: The figure to sort by, largest first.
    ///   - limit: The largest number of rows; each row is named, which takes some milliseconds for a new call stack.
    /// - Returns: The rows of `/api/tasks`.
    public static func tasks(by column: TaskColumn = .liveBytes, limit: Int = 100) -> [TaskUsage] {
        guard limit > 0 else { return [] }
        return CaptureCore.asOwnThread {
            let order = ListOrder(column, isDescending: true)
            let page = Page(tasks: TaskCensus.now().tasks, order: order, limit: limit)
            return HeapObserver.current.withNames { names in
                page.rows.map { TaskUsage($0, stack: names.stack(ofSite: $0.site)) }
            }
        }
    }

    /// What the code in each ``MemScope/scope(_:attributes:_:)`` allocated.
    ///
    /// - Parameters:
    ///   - column: The figure to sort by, largest first.
    ///   - grouping: Which scopes are one row.
    ///   - limit: The largest number of rows.
    /// - Returns: The rows of `/api/scopes`.
    public static func scopes(
        by column: ScopeColumn = .escapedBytes,
        grouping: ScopeGrouping = .path,
        limit: Int = 100
    ) -> [ScopeUsage] {
        guard limit > 0 else { return [] }
        return CaptureCore.asOwnThread {
            let rows = ScopeCensus.now().usages(by: grouping)
            return Page(scopes: rows, order: ListOrder(column, isDescending: true), limit: limit).rows
        }
    }

    /// The variables that are tracked, and those that were, as far as they are kept.
    ///
    /// - Parameters:
    ///   - column: The figure to sort by, largest first; names are sorted from A to Z.
    ///   - limit: The largest number of rows.
    /// - Returns: The rows of `/api/variables`.
    public static func variables(by column: VariableColumn = .bytes, limit: Int = 100) -> [VariableUsage] {
        guard limit > 0 else { return [] }
        return CaptureCore.asOwnThread {
            let rows = HeapObserver.current.variables().rows
            return Page(variables: rows, order: ListOrder(column, isDescending: column != .name), limit: limit).rows
        }
    }

    /// The live blocks by type; reads every live block.
    ///
    /// - Parameters:
    ///   - column: The figure to sort by, largest first; names are sorted from A to Z.
    ///   - limit: The largest number of rows.
    /// - Returns: The rows of `/api/types`.
    /// - Throws: ``HeapAnalysisError`` with the code ``HeapAnalysisError/Code/busy`` while another scan or walk is
    ///   under way. Sorting by retained bytes makes a scan if there is none yet, and then throws the errors of
    ///   ``analyze(_:)``.
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
    /// - Parameter name: The text of the mark.
    public static func mark(_ name: String) {
        CaptureCore.asOwnThread { _ = HeapObserver.current.mark(name) }
    }

    /// Takes a snapshot of the heap and keeps it, for ``diff(from:to:limit:)`` and the dashboard.
    ///
    /// A snapshot has figures by call stack and by type. The newest 32 are kept.
    ///
    /// - Parameter name: The name of the snapshot; its id when nil. A name with the form of an id ("s1", "now") cannot
    ///   be used to find the snapshot.
    /// - Returns: The id, such as "s1"; nil while another scan or walk is under way.
    @discardableResult
    public static func snapshot(named name: String? = nil) -> String? {
        CaptureCore.asOwnThread { HeapObserver.current.keepSnapshot(named: name)?.id }
    }

    /// The changes between two snapshots.
    ///
    /// ```swift
    /// guard let before = MemScope.snapshot() else { return }
    /// handleRequests()
    /// for type in try MemScope.diff(from: before).types { print(type.change, type.name, type.bytes) }
    /// ```
    ///
    /// - Parameters:
    ///   - older: The id or name of the older snapshot.
    ///   - newer: The id or name of the newer one; nil for the current heap, which is not kept as a snapshot.
    ///   - limit: The largest number of rows by call stack, which are named, and of rows by type.
    /// - Returns: The content of `/api/diff`.
    /// - Throws: ``HeapAnalysisError`` with the code ``HeapAnalysisError/Code/unknownSnapshot`` when a snapshot is not
    ///   kept, ``HeapAnalysisError/Code/busy`` while another scan or walk is under way.
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
