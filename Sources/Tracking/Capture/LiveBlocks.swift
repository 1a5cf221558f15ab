internal import CMemscope

/// A walk over all blocks that were live when the walk began; the program runs on meanwhile.
package struct LiveBlocks {
    /// When the walk began, in nanoseconds on the monotonic clock.
    package let takenAt: UInt64
    /// Blocks that were live when the walk began, but which it missed because a log was full.
    package private(set) var missed: UInt64 = 0

    /// Walks once; nil while another walk is under way.
    ///
    /// - Parameters:
    ///   - batch: The largest number of blocks handed to `body` at a time.
    ///   - body: Gets the program's own blocks, each once, mostly ascending by address.
    package init?(batch: Int = 1 << 16, _ body: ([Block]) -> Void) {
        guard mscope_walk_begin() else { return nil }
        takenAt = mscope_now()
        unsafe withBuffer(of: mscope_block.self, count: batch) { buffer in
            while true {
                let count = unsafe mscope_walk_next(buffer.baseAddress!, buffer.count)
                if count == 0 { break }
                body(unsafe buffer[..<count].compactMap { Block($0) })
            }
        }
        _ = unsafe mscope_walk_end(&missed)
    }
}
