internal import CMemscope

/// What one part of a program allocates, such as a test, whatever else runs meanwhile.
///
/// The part is the current task for as long as `run` lasts, and every task it makes meanwhile, for as long as that
/// lives: child tasks and unstructured ones (`Task { }`), not detached ones. What threads and dispatch queues do
/// without a task belongs to no scope.
package struct AllocationScope: Sendable, Hashable {
    /// What was counted so far, exactly.
    ///
    /// Frees count whoever does them.
    package struct Counts: Sendable, Hashable {
        package var allocations: UInt64
        package var allocatedBytes: UInt64
        package var liveBlocks: UInt64
        package var liveBytes: UInt64
        package var peakLiveBytes: UInt64
    }

    @TaskLocal private static var current: UInt32 = 0
    private static let isKeyKnown: Bool = {
        // The object behind a task-local variable lives for ever, and is its key in the runtime.
        unsafe mscope_set_scope_key(Unmanaged.passUnretained($current).toOpaque())
        return true
    }()

    private let number: UInt32
    /// Tasks that no number was left for, when the scope was made.
    private let droppedContexts: UInt64

    /// A scope, inside of that of the current task; nil when 65,535 were made in this process.
    package init?() {
        guard Self.isKeyKnown else { return nil }
        number = mscope_make_scope(Self.current)
        droppedContexts = CaptureCore.totals().droppedContexts
        if number == 0 { return nil }
    }

    /// Whether some task has had no number since the scope was made: what it allocated belongs to no scope.
    package var missesTasks: Bool { CaptureCore.totals().droppedContexts > droppedContexts }

    /// Whether the calling code runs in a task, without which nothing can be told apart.
    package static var isInTask: Bool { unsafe withUnsafeCurrentTask { unsafe $0 != nil } }

    package func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        defer { mscope_scope_changed() }
        return try Self.$current.withValue(number) {
            mscope_scope_changed()
            return try body()
        }
    }

    package func run<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        defer { mscope_scope_changed() }
        return try await Self.$current.withValue(number) {
            mscope_scope_changed()
            return try await body()
        }
    }

    package var counts: Counts {
        var raw = mscope_scope_counts()
        unsafe mscope_read_scope(number, &raw)
        return Counts(
            allocations: raw.allocations,
            allocatedBytes: raw.allocated_bytes,
            liveBlocks: raw.live_blocks,
            liveBytes: raw.live_bytes,
            peakLiveBytes: raw.peak_live_bytes
        )
    }

    /// Clears what functions that returned have left below the caller's frame, before a look for leaks.
    package static func wipeStack() { mscope_wipe_stack() }

    /// Whether a block was allocated in this scope, or in one inside of it.
    package func has(_ block: HeapNode) -> Bool { mscope_scope_has(number, block.born) }
}
