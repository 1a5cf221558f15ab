internal import Tracking

/// Where code that returned has left pointers, which would make a lost object look held.
enum DeadFrames {
    private static let asyncFrames = 128
    private static let jobs = 16

    /// Calls `body` with the frames of its async functions some way off from the caller's.
    ///
    /// Whatever the caller calls next gets its frame there, and finds zeros in the parts that it does not use.
    static func behindRoom<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        var room = InlineArray<128, Int>(repeating: 0)
        defer { keep(&room) }
        return try await body()
    }

    @inline(never) private static func keep(_ room: inout InlineArray<128, Int>) {}

    /// Clears the stacks of the pool's threads, and the frames of this task; the caller clears its own stack.
    static func wipe() async {
        await withTaskGroup { group in
            // More than there are threads: each of them gets some.
            for _ in 0..<jobs {
                group.addTask {
                    AllocationScope.wipeStack()
                    await Task.yield()
                    AllocationScope.wipeStack()
                }
            }
        }
        await wipeTask(asyncFrames)
    }

    /// Overwrites what async functions have left in the blocks that the task keeps for their frames.
    ///
    /// A scan reads those blocks whole. A local buffer whose size is only known at run time lies there too. Large ones
    /// clear the way for the next call's frame, small ones the rest of a block.
    @inline(never) private static func wipeTask(_ remaining: Int) async {
        for power in 5...9 {
            unsafe withUnsafeTemporaryAllocation(byteCount: 1 << power, alignment: 16) { bytes in
                for index in bytes.indices { unsafe bytes[index] = 0 }
            }
        }
        if remaining > 0 { await wipeTask(remaining - 1) }
    }
}
