internal import Tracking

/// The places where finished functions have left pointers; such a pointer would make an unreachable object look held.
enum DeadFrames {
    private static let asyncFrames = 128
    private static let jobs = 16

    /// Calls `body` so that the frames of its async functions are at some distance from the caller's frame.
    ///
    /// The next functions that the caller calls get their frames in between, where unused parts contain zeros.
    static func behindRoom<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        var room = InlineArray<128, Int>(repeating: 0)
        defer { keep(&room) }
        return try await body()
    }

    @inline(never) private static func keep(_ room: inout InlineArray<128, Int>) {}

    /// Clears the stacks of the pool's threads, and the frames of this task; the caller must clear its own stack.
    static func wipe() async {
        await withTaskGroup { group in
            // There are more jobs than threads, so that each thread gets some.
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

    /// Overwrites what async functions have left in the blocks that hold the task's frames.
    ///
    /// A scan reads all words of these blocks. A local buffer whose size is only known at run time is allocated in them
    /// too. Large buffers overwrite the place of the next call's frame, small ones the rest of a block.
    @inline(never) private static func wipeTask(_ remaining: Int) async {
        for power in 5...9 {
            unsafe withUnsafeTemporaryAllocation(byteCount: 1 << power, alignment: 16) { bytes in
                for index in bytes.indices { unsafe bytes[index] = 0 }
            }
        }
        if remaining > 0 { await wipeTask(remaining - 1) }
    }
}
