internal import CMemscope

/// The capture core, in Swift's terms.
///
/// Every function may be called from any thread.
package enum CaptureCore {
    /// Whether the program's allocations go through MemScope.
    package static var isActive: Bool { mscope_is_active() }

    package static var mode: MemScope.Mode {
        get { MemScope.Mode(coreValue: mscope_mode()) }
        set { mscope_set_mode(newValue.coreValue) }
    }

    /// Mean distance between two samples, in allocated bytes.
    package static var sampleInterval: UInt64 { mscope_sample_interval() }

    /// Sets the sampling interval.
    ///
    /// - Returns: False for 0, or when samples were taken already: their weights are computed from the interval.
    package static func setSampleInterval(_ bytes: UInt64) -> Bool { mscope_set_sample_interval(bytes) }

    /// The current time, in nanoseconds on the monotonic clock.
    package static var now: UInt64 { mscope_now() }

    package static var allocatorName: String { unsafe String(cString: mscope_allocator_name()) }

    /// Bytes that the allocator holds from the system; nil when the allocator cannot tell.
    package static var allocatorHeldBytes: UInt64? {
        let bytes = mscope_allocator_held_bytes()
        return bytes == .max ? nil : bytes
    }

    /// Marks the calling thread as one of MemScope's own.
    package static func markThreadInternal() { mscope_thread_mark_internal() }

    /// Runs `body` as if on one of MemScope's own threads: its allocations are not counted as the program's.
    package static func asOwnThread<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = mscope_thread_set_internal(true)
        defer { _ = mscope_thread_set_internal(before) }
        return try body()
    }

    /// Does the core's work of each second; only the collector thread calls it.
    package static func tick() { mscope_tick() }

    package static func totals() -> Totals {
        var raw = mscope_totals()
        unsafe mscope_read_totals(&raw)
        return Totals(raw)
    }

    /// The program's own image; nil until the core has read the list of images.
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

    /// The counters of every call stack, ascending by id: far fewer bytes than with the stacks themselves.
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

    /// One call stack without counters; nil when no stack has this id.
    package static func site(_ id: UInt32) -> Site? {
        var raw = mscope_site()
        guard unsafe mscope_read_site(id, &raw) else { return nil }
        return unsafe Site(&raw)
    }

    /// Takes the events since the last call out of the rings; only the collector thread calls it.
    package static func drainEvents(_ body: ([Event]) -> Void) {
        unsafe withBuffer(of: mscope_event.self, count: 1024) { buffer in
            while true {
                let count = unsafe mscope_drain_events(buffer.baseAddress!, buffer.count)
                if count == 0 { break }
                body(unsafe buffer[..<count].compactMap { Event($0) })
            }
        }
    }

    /// Whether the heap can be scanned in this mode.
    package static var knowsEveryBlock: Bool { isActive && (mode == .full || mode == .balanced) }

    /// The largest number of frames in one stack.
    package static var stackFrameLimit: Int { Int(MSCOPE_MAX_FRAMES) }
}

/// Gives `body` a buffer outside of any Swift array, so that no other code sees it while the core writes to it.
func withBuffer<Element, Result>(
    of type: Element.Type,
    count: Int,
    _ body: (UnsafeMutableBufferPointer<Element>) -> Result
) -> Result {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
    defer { unsafe buffer.deallocate() }
    return unsafe body(buffer)
}
