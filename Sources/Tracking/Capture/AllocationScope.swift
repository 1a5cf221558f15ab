internal import CMemscope

/// What one part of a program allocates, such as a test, whatever else runs at the same time.
///
/// The part is the current task while `run` lasts, and every task that it makes during this time, until that task ends:
/// child tasks and unstructured ones (`Task { }`), not detached ones. Allocations of threads and dispatch queues
/// outside of a task belong to no scope.
package struct AllocationScope: Sendable, Hashable {
    /// What was counted so far, exactly.
    ///
    /// A free counts whichever thread or task does it.
    package struct Counts: Sendable, Hashable {
        package var allocations: UInt64
        package var allocatedBytes: UInt64
        package var liveBlocks: UInt64
        package var liveBytes: UInt64
        package var peakLiveBytes: UInt64
    }

    @TaskLocal private static var current: UInt32 = 0
    private static let isKeyKnown: Bool = {
        // The object behind a task-local variable is never freed; the runtime uses its address as the variable's key.
        unsafe mscope_set_scope_key(Unmanaged.passUnretained($current).toOpaque())
        return true
    }()

    private let number: UInt32
    /// The tasks that got no number because none was left, up to the moment the scope was made.
    private let droppedContexts: UInt64

    /// Makes a scope inside of the current task's scope; nil when 65,535 were made in this process.
    package init?() {
        guard Self.isKeyKnown else { return nil }
        number = mscope_make_scope(Self.current)
        droppedContexts = CaptureCore.totals().droppedContexts
        if number == 0 { return nil }
    }

    /// Whether a task got no number since the scope was made: the allocations of that task belong to no scope.
    package var missesTasks: Bool { CaptureCore.totals().droppedContexts > droppedContexts }

    /// Whether the calling code runs in a task; without a task its allocations cannot be assigned to a scope.
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

    /// Clears the values that finished functions have left on the stack below the caller's frame, before a scan for
    /// leaks.
    package static func wipeStack() { mscope_wipe_stack() }

    /// Whether a block was allocated in this scope, or in a scope inside of it.
    package func has(_ block: HeapNode) -> Bool { mscope_scope_has(number, block.born) }
}
