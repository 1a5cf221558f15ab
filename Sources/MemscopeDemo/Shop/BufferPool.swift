import Glibc

/// Blocks of C memory for uploads; a limited number of idle blocks is kept for reuse.
actor BufferPool {
    /// A borrowed block, which must be given back to its pool.
    ///
    /// Unchecked, because only the request that borrowed the block uses it until then.
    @safe struct Buffer: @unchecked Sendable {
        fileprivate let memory: UnsafeMutableRawPointer
        let capacity: Int

        /// Fills the block as an upload would, and returns a checksum.
        func receive(bytes: Int, seed: UInt64) -> UInt64 {
            var dice = Dice(seed: seed)
            var sum: UInt64 = 0
            let words = min(bytes, capacity) / 8
            for index in 0..<words {
                unsafe memory.storeBytes(of: dice.next(), toByteOffset: index * 8, as: UInt64.self)
            }
            for index in 0..<words {
                unsafe sum = sum &* 31 &+ memory.load(fromByteOffset: index * 8, as: UInt64.self)
            }
            return sum
        }
    }

    private static let idleLimit = 8
    private var idle: [Buffer] = []

    func borrow(bytes: Int) -> Buffer? {
        if let index = idle.firstIndex(where: { $0.capacity >= bytes }) { return idle.remove(at: index) }
        guard let memory = unsafe malloc(bytes) else { return nil }
        return unsafe Buffer(memory: memory, capacity: bytes)
    }

    /// Takes a block back; when there are too many idle blocks, the smallest one is freed.
    func giveBack(_ buffer: Buffer) {
        idle.append(buffer)
        guard idle.count > Self.idleLimit else { return }
        let smallest = idle.indices.min { idle[$0].capacity < idle[$1].capacity } ?? 0
        unsafe free(idle.remove(at: smallest).memory)
    }
}
