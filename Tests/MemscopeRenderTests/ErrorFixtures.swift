import MemscopeAnalysis
import MemscopeRender
import Tracking

/// Memory errors as the checks could have found them, with every optional filled somewhere.
enum ErrorFixtures {
    static let overflow: MemoryError = {
        var error = MemoryError(
            id: 1,
            kind: .overflow,
            address: 0x7F00_0028,
            target: MemoryError.Target(address: 0x7F00_0000, size: 40, offset: 40, typeWord: 0x5000)
        )
        error.access = MemoryError.Witness(site: 1, thread: 1)
        error.allocated = MemoryError.Witness(site: 2, thread: 1)
        error.count = 3
        error.firstSeen = 5
        error.lastSeen = 9
        error.bytes = [0x61, 0x62, 0x78, 0xFF]
        error.bytesAt = 0x7F00_0026
        return error
    }()

    static let doubleFree: MemoryError = {
        var error = MemoryError(
            id: 2,
            kind: .doubleFree,
            address: 0x7F00_0100,
            target: MemoryError.Target(address: 0x7F00_0100, size: 24, offset: 0)
        )
        error.access = MemoryError.Witness(site: 1, thread: 2)
        error.freed = MemoryError.Witness(site: 3)
        error.isRefused = true
        error.count = 2
        return error
    }()

    /// Of an address about which nothing is known.
    static let invalidFree: MemoryError = {
        var error = MemoryError(id: 4, kind: .invalidFree, address: 0x7FFF_0010)
        error.place = .stack
        error.isRefused = true
        error.firstSeen = 7
        return error
    }()

    static let errors = [overflow, doubleFree, invalidFree]

    static let checks: CheckTotals = {
        var checks = CheckTotals(mode: .full)
        checks.errors = 6
        checks.distinct = 3
        checks.byKind = [.overflow: 3, .doubleFree: 2, .invalidFree: 1]
        checks.guarded.rate = 5000
        checks.guarded.blocks = 70
        checks.quarantine.bytes = 4096
        checks.quarantine.limitBytes = 1 << 26
        return checks
    }()

    static func values(of error: MemoryError, showsContents: Bool = true) -> ErrorValues {
        var values = ErrorValues(error)
        values.type = error.target.map { _ in BlockType(name: "Demo.Account", kind: .class) }
        values.access = witness(error.access, .exact)
        values.allocated = witness(error.allocated, .exact)
        values.freed = witness(error.freed, .truncated)
        values.showsContents = showsContents
        return values
    }

    private static func witness(_ witness: MemoryError.Witness, _ quality: UnwindQuality) -> ErrorValues.Witness {
        var values = ErrorValues.Witness()
        guard witness.site != 0 else { return values }
        values.stack = Fixtures.frames(ofSite: witness.site)
        values.quality = quality
        values.thread = ThreadRecord(id: witness.thread, tid: 42, name: "worker")
        return values
    }

    static let all = ReportValues.Errors(list: errors.map { values(of: $0) }, checks: checks)

    static let review: SafetyReview = {
        var totals = Totals()
        totals.droppedBlocks = 4
        var input = SafetyReview.Input(checks: checks, totals: totals, mode: .full)
        input.errors = errors
        input.heap = SafetyReview.Heap(
            scan: GraphFixtures.scan,
            leaks: GraphFixtures.leaks,
            cycles: GraphFixtures.cycles
        )
        return SafetyReview(input)
    }()
}
