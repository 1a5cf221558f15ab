internal import CMemscope

// Converts the core's structures into values of the model.

extension MemScope.Mode {
    init(coreValue: UInt32) {
        switch coreValue {
        case MSCOPE_FULL.rawValue: self = .full
        case MSCOPE_BALANCED.rawValue: self = .balanced
        case MSCOPE_SAMPLED.rawValue: self = .sampled
        default: self = .off
        }
    }

    var coreValue: UInt32 {
        switch self {
        case .full: MSCOPE_FULL.rawValue
        case .balanced: MSCOPE_BALANCED.rawValue
        case .sampled: MSCOPE_SAMPLED.rawValue
        case .off: MSCOPE_OFF.rawValue
        }
    }
}

extension Counts {
    init(_ raw: mscope_counts) {
        self.init(
            allocations: raw.allocations,
            frees: raw.frees,
            allocatedBytes: raw.allocated_bytes,
            freedBytes: raw.freed_bytes
        )
    }
}

extension Site {
    @unsafe init(_ pointer: UnsafePointer<mscope_site>) {
        let frames = unsafe UnsafeRawPointer(pointer).advanced(by: MemoryLayout<mscope_site>.offset(of: \.frames)!)
            .assumingMemoryBound(to: UInt64.self)
        let count = unsafe Int(pointer.pointee.frame_count)
        let flags = unsafe Int(pointer.pointee.flags)
        let quality: UnwindQuality =
            flags & Int(MSCOPE_STACK_GUESSED) != 0
            ? .guessed : flags & Int(MSCOPE_STACK_TRUNCATED) != 0 ? .truncated : .exact
        unsafe self.init(
            id: pointer.pointee.id,
            addresses: Array(UnsafeBufferPointer(start: frames, count: count)),
            quality: quality,
            isAsync: flags & Int(MSCOPE_STACK_ASYNC) != 0,
            firstSeen: pointer.pointee.first_seen,
            counts: Counts(pointer.pointee.counts),
            peakBytes: pointer.pointee.peak_bytes
        )
    }
}

extension Block {
    /// Nil for a block that one of MemScope's own threads allocated.
    init?(_ raw: mscope_block) {
        guard Int(raw.flags) & Int(MSCOPE_BLOCK_INTERNAL) == 0 else { return nil }
        self.init(
            address: raw.address,
            size: raw.size,
            birth: raw.birth,
            site: raw.site,
            thread: raw.thread,
            task: raw.task,
            weight: raw.weight,
            siteWeight: raw.site_weight,
            call: raw.call
        )
    }
}

extension Event {
    /// Nil for an event on one of MemScope's own threads.
    init?(_ raw: mscope_event) {
        guard Int(raw.flags) & Int(MSCOPE_BLOCK_INTERNAL) == 0, let kind = Kind(rawValue: raw.kind) else { return nil }
        self.init(
            kind: kind,
            time: raw.time,
            address: raw.address,
            size: raw.size,
            site: raw.site,
            thread: raw.thread,
            task: raw.task
        )
    }
}

extension Totals {
    init(_ raw: mscope_totals) {
        self.init()
        program = Counts(raw.program)
        ownThreads = Counts(raw.internal)
        sampledAllocations = raw.sampled_allocations
        gaps = raw.gaps
        peakLiveBytes = raw.peak_live_bytes
        peakErrorBytes = raw.peak_error_bytes
        mappedCalls = raw.mmap_calls
        unmappedCalls = raw.munmap_calls
        mappedBytes = raw.mmap_bytes
        unmappedBytes = raw.munmap_bytes
        ownBytes = raw.own_bytes
        ownLimitBytes = raw.own_limit_bytes
        sites = raw.sites
        siteCapacity = raw.site_capacity
        recycledSites = raw.recycled_sites
        recycledAllocations = raw.recycled_allocations
        recycledBytes = raw.recycled_bytes
        stacksExact = raw.stacks_exact
        stacksTruncated = raw.stacks_truncated
        stacksGuessed = raw.stacks_guessed
        threadsAlive = raw.threads_alive
        threadsSeen = raw.threads_seen
        droppedEvents = raw.dropped_events
        droppedStacks = raw.dropped_stacks
        droppedBlocks = raw.dropped_blocks
        droppedAccounts = raw.dropped_accounts
        droppedThreads = raw.dropped_threads
        startedAt = raw.started_at
    }
}
