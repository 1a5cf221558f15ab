internal import CMemscope

/// The capture core, in Swift's terms.
///
/// Every function may be called from any thread.
package enum CaptureCore {
    /// Whether the program's allocations go through us.
    package static var isActive: Bool { mscope_is_active() }

    package static var mode: MemScope.Mode {
        get { MemScope.Mode(coreValue: mscope_mode()) }
        set { mscope_set_mode(newValue.coreValue) }
    }

    /// Mean distance between two samples, in allocated bytes.
    package static var sampleInterval: UInt64 { mscope_sample_interval() }

    /// Sets the sampling interval.
    ///
    /// - Returns: False when samples were taken already, or for 0: weights are computed from it.
    package static func setSampleInterval(_ bytes: UInt64) -> Bool { mscope_set_sample_interval(bytes) }

    /// Nanoseconds on the monotonic clock.
    package static var now: UInt64 { mscope_now() }

    package static var allocatorName: String { unsafe String(cString: mscope_allocator_name()) }

    /// Bytes the allocator holds from the system; nil when it cannot say.
    package static var allocatorHeldBytes: UInt64? {
        let bytes = mscope_allocator_held_bytes()
        return bytes == .max ? nil : bytes
    }

    /// Marks the calling thread as one of MemScope's own.
    package static func markThreadInternal() { mscope_thread_mark_internal() }

    /// Runs `body` as if on a thread of MemScope's own: what it allocates is not counted as the program's.
    package static func asOwnThread<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = mscope_thread_set_internal(true)
        defer { _ = mscope_thread_set_internal(before) }
        return try body()
    }

    /// The collector's second; only the collector thread calls it.
    package static func tick() { mscope_tick() }

    package static func totals() -> Totals {
        var raw = mscope_totals()
        unsafe mscope_read_totals(&raw)
        return Totals(raw)
    }

    /// The program's own image; nil before the core has looked for images.
    package static var program: Image? {
        var record = mscope_image()
        var cursor: UInt32 = 0
        return unsafe mscope_read_images(&cursor, &record, 1) == 1 ? Image(record) : nil
    }

    /// Every call stack with its counters, ascending by id.
    package static func sites() -> [Site] {
        var sites: [Site] = []
        unsafe forEachSite { unsafe sites.append(Site($0)) }
        return sites
    }

    /// The counters of every call stack, ascending by id: much less than the stacks themselves.
    package static func siteCounts() -> [(id: UInt32, counts: Counts)] {
        var sites: [(id: UInt32, counts: Counts)] = []
        unsafe forEachSite { unsafe sites.append(($0.pointee.id, Counts($0.pointee.counts))) }
        return sites
    }

    private static func forEachSite(_ body: (UnsafePointer<mscope_site>) -> Void) {
        var cursor: UInt32 = 1
        unsafe withBuffer(of: mscope_site.self, count: 256) { buffer in
            while true {
                let count = unsafe mscope_read_sites(&cursor, buffer.baseAddress!, buffer.count)
                if count == 0 { break }
                for index in 0..<count { unsafe body(buffer.baseAddress! + index) }
            }
        }
    }

    /// One call stack without counters; nil when there is no such id.
    package static func site(_ id: UInt32) -> Site? {
        var raw = mscope_site()
        guard unsafe mscope_read_site(id, &raw) else { return nil }
        return unsafe Site(&raw)
    }

    /// Moves what happened since the last call out of the rings; only the collector thread calls it.
    package static func drainEvents(_ body: ([Event]) -> Void) {
        unsafe withBuffer(of: mscope_event.self, count: 1024) { buffer in
            while true {
                let count = unsafe mscope_drain_events(buffer.baseAddress!, buffer.count)
                if count == 0 { break }
                body(unsafe buffer[..<count].compactMap { Event($0) })
            }
        }
    }

    /// Whether the heap can be looked at in this mode.
    package static var knowsEveryBlock: Bool { isActive && (mode == .full || mode == .balanced) }

    /// Most frames of one stack.
    package static var stackFrameLimit: Int { Int(MSCOPE_MAX_FRAMES) }
}

/// A buffer outside of any Swift array: the core writes to it while nobody else can see it.
func withBuffer<Element, Result>(
    of type: Element.Type,
    count: Int,
    _ body: (UnsafeMutableBufferPointer<Element>) -> Result
) -> Result {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
    defer { unsafe buffer.deallocate() }
    return unsafe body(buffer)
}
