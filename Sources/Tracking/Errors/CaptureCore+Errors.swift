internal import CMemscope

extension CaptureCore {
    /// Every distinct memory error so far.
    ///
    /// - Parameter exitBegan: When the process began to end, in nanoseconds on the monotonic clock: errors that a sweep
    ///   found after this moment were found at exit.
    /// - Returns: The errors in the order in which they were first seen.
    package static func errors(exitBegan: UInt64? = nil) -> [MemoryError] {
        var cursor: UInt32 = 0
        var raw = mscope_error()
        var errors: [MemoryError] = []
        // One error per call: then the cursor is the number of this report for good.
        while unsafe mscope_read_errors(&cursor, &raw, 1) == 1 {
            if let error = MemoryError(raw, id: cursor, exitBegan: exitBegan) { errors.append(error) }
        }
        return errors
    }

    /// The number of memory errors so far, repeated ones included.
    package static var errorCount: UInt64 { mscope_error_count() }

    /// The settings of the checks, and what the checks did so far.
    package static func checkTotals() -> CheckTotals {
        var raw = mscope_check_totals()
        unsafe mscope_read_check_totals(&raw)
        return CheckTotals(raw)
    }

    /// Searches all watched memory for damage; does nothing while another thread does the same.
    package static func checkHeap() { mscope_check_heap() }
}

extension MemoryError {
    /// Nil for a kind of error that this version does not know.
    init?(_ raw: mscope_error, id: UInt32, exitBegan: UInt64?) {
        guard let kind = Kind(coreValue: raw.kind) else { return nil }
        func has(_ flag: Int) -> Bool { Int(raw.flags) & flag != 0 }
        let isSwept = has(Int(MSCOPE_ERROR_SWEEP))
        let isAtExit = isSwept && exitBegan.map { raw.first_time >= $0 } == true
        let isLater = has(Int(MSCOPE_ERROR_FOUND_LATER))
        self.init(
            id: id,
            kind: kind,
            discovery: isAtExit ? .exit : isSwept ? .sweep : isLater ? .later : .atOnce,
            address: raw.address,
            target: raw.block == 0
                ? nil
                : Target(
                    address: raw.block,
                    size: raw.size,
                    offset: raw.offset,
                    family: Family(coreValue: raw.family),
                    typeWord: raw.type_word
                )
        )
        access = Witness(site: raw.access_site, thread: raw.access_thread)
        allocated = Witness(site: raw.allocated_site, thread: raw.allocated_thread)
        freed = Witness(site: raw.freed_site, thread: raw.freed_thread)
        count = raw.count
        firstSeen = raw.first_time
        lastSeen = raw.last_time
        isRead = has(Int(MSCOPE_ERROR_READ))
        isRefused = has(Int(MSCOPE_ERROR_REFUSED))
        isRealloc = has(Int(MSCOPE_ERROR_REALLOC))
        isFatal = has(Int(MSCOPE_ERROR_FATAL))
        isGuessed = has(Int(MSCOPE_ERROR_GUESSED))
        place =
            has(Int(MSCOPE_ERROR_ON_STACK))
            ? .stack : has(Int(MSCOPE_ERROR_IN_IMAGE)) ? .image : has(Int(MSCOPE_ERROR_INTERIOR)) ? .interior : nil
        givenFamily = Family(coreValue: raw.given_family)
        givenSize = has(Int(MSCOPE_ERROR_BAD_SIZE)) ? raw.given : nil
        bytesAt = raw.bytes_at
        bytes = unsafe withUnsafeBytes(of: raw.bytes) { unsafe Array($0.prefix(Int(raw.bytes_count))) }
    }
}

extension MemoryError.Kind {
    init?(coreValue: UInt32) {
        switch coreValue {
        case MSCOPE_USE_AFTER_FREE_READ.rawValue: self = .useAfterFreeRead
        case MSCOPE_USE_AFTER_FREE_WRITE.rawValue: self = .useAfterFreeWrite
        case MSCOPE_DOUBLE_FREE.rawValue: self = .doubleFree
        case MSCOPE_INVALID_FREE.rawValue: self = .invalidFree
        case MSCOPE_OVERFLOW.rawValue: self = .overflow
        case MSCOPE_UNDERFLOW.rawValue: self = .underflow
        case MSCOPE_MISMATCHED_FREE.rawValue: self = .mismatchedFree
        default: return nil
        }
    }
}

extension MemoryError.Family {
    fileprivate init(coreValue: UInt32) {
        switch Int(coreValue) {
        case Int(MSCOPE_BY_NEW): self = .new
        case Int(MSCOPE_BY_NEW_ARRAY): self = .newArray
        default: self = .malloc
        }
    }
}

extension CheckTotals {
    fileprivate init(_ raw: mscope_check_totals) {
        let mode: CheckMode =
            switch raw.checks {
            case MSCOPE_CHECKS_SAMPLED.rawValue: .sampled
            case MSCOPE_CHECKS_FULL.rawValue: .full
            case MSCOPE_CHECKS_PAGES.rawValue: .pages
            default: .off
            }
        self.init(mode: mode)
        abortsOnError = raw.abort_on_error != 0
        errors = raw.errors
        distinct = raw.distinct
        dropped = raw.dropped
        let counts = unsafe withUnsafeBytes(of: raw.by_kind) { unsafe Array($0.bindMemory(to: UInt64.self)) }
        for (index, count) in counts.enumerated() {
            if let kind = MemoryError.Kind(coreValue: UInt32(index)) { byKind[kind] = count }
        }
        unknownFrees = raw.unknown_frees
        guarded.rate = raw.guard_rate
        guarded.slots = raw.guard_slots
        guarded.blocks = raw.guarded
        guarded.liveBlocks = raw.guarded_now
        guarded.full = raw.guard_full
        guarded.faults = raw.faults
        quarantine.blocks = raw.quarantined_blocks
        quarantine.bytes = raw.quarantined_bytes
        quarantine.limitBytes = raw.quarantine_limit
        quarantine.skipped = raw.not_quarantined
        canariedBlocks = raw.canaried
        lostBlocks = raw.lost_blocks
        sweeps = raw.sweeps
    }
}
