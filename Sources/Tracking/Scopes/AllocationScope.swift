internal import CMemscope

/// What one part of a program allocates, such as a test, whatever else runs at the same time.
///
/// The part is the current task while `run` lasts, and every task that it makes during this time, until that task ends:
/// child tasks and unstructured ones (`Task { }`), not detached ones.
package struct AllocationScope: Sendable, Hashable {
    private let number: UInt32
    /// How often a task or a call found no place, up to the moment the scope was made.
    private let drops: UInt64

    /// Makes a scope inside of the current task's scope; nil when 65,535 were made in this process.
    package init?() {
        number = mscope_make_scope(ScopeCall.current?.scope ?? 0, true)
        drops = Self.drops
        mscope_clear_what_is_freed()
        if number == 0 { return nil }
    }

    private static var drops: UInt64 { CaptureCore.totals().droppedAccounts + mscope_dropped_calls() }

    /// Whether a task or a call found no place since the scope was made: its allocations belong to no scope, or to the
    /// one around it.
    package var missesTasks: Bool { Self.drops > drops }

    /// Whether the calling code runs in a task; without a task its allocations cannot be assigned to a scope.
    package static var isInTask: Bool { unsafe withUnsafeCurrentTask { unsafe $0 != nil } }

    package func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        try ScopeCall.run(in: number, body)
    }

    package func run<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await ScopeCall.run(in: number, isolation: isolation, body)
    }

    /// What was counted so far, exactly.
    package var counts: ScopeCounts {
        var raw = mscope_scope_counts()
        unsafe mscope_read_scope(number, &raw)
        return ScopeCounts(raw)
    }

    /// Clears the values that finished functions have left on the stack below the caller's frame, before a scan for
    /// leaks.
    package static func wipeStack() { mscope_wipe_stack() }

    /// Whether a block was allocated in this scope, or in a scope inside of it.
    package func has(_ block: HeapNode) -> Bool { mscope_scope_has(number, block.born) }
}
