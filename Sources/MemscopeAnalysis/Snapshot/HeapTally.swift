package import Tracking

/// Live blocks with the same call stack and type.
package struct HeapGroup: Sendable, Hashable {
    package var site: UInt32
    /// An index in the snapshot's `types`.
    package var type: UInt32
    package var blocks: UInt64 = 0
    package var bytes: UInt64 = 0
    /// The same figures, estimated from blocks with a stack: they differ when stacks are sampled.
    package var siteBlocks: UInt64 = 0
    package var siteBytes: UInt64 = 0
}

/// Sums up live blocks by site and type, batch by batch, so that a walk over millions of blocks never keeps all of them
/// in memory.
package struct HeapTally: Sendable {
    package private(set) var liveBlocks: UInt64 = 0
    package private(set) var liveBytes: UInt64 = 0
    package private(set) var groups: [HeapGroup] = []
    package private(set) var standardError = StandardError.none
    private var groupOfKey: [UInt64: Int] = [:]

    package init() {}

    /// Counts a batch; a sampled block counts as the `weight` blocks that it stands for.
    ///
    /// - Parameters:
    ///   - blocks: Live blocks, shape `[n]`, in any order.
    ///   - types: For each block the index of its type in the table of the later snapshot, shape `[n]`.
    /// - Precondition: `blocks.count == types.count`.
    /// - Complexity: O(*n*) time, O(groups) space.
    package mutating func add(_ blocks: [Block], types: [UInt32]) {
        precondition(blocks.count == types.count, "\(blocks.count) blocks came with \(types.count) types")
        for (block, type) in zip(blocks, types) {
            // A weighted size is close to max(size, sampling interval): sums of them cannot overflow as long as they
            // fit an address space, so the check for each block is not needed.
            let bytes = block.size &* block.weight
            let group = groupIndex(site: block.site, type: type)
            groups[group].blocks &+= block.weight
            groups[group].bytes &+= bytes
            groups[group].siteBlocks &+= block.siteWeight
            groups[group].siteBytes &+= block.size &* block.siteWeight
            liveBlocks &+= block.weight
            liveBytes &+= bytes
            if block.weight > 1 { standardError.add(size: block.size, weight: block.weight) }
        }
    }

    private mutating func groupIndex(site: UInt32, type: UInt32) -> Int {
        let key = UInt64(site) << 32 | UInt64(type)
        if let known = groupOfKey[key] { return known }
        groups.append(HeapGroup(site: site, type: type))
        groupOfKey[key] = groups.count - 1
        return groups.count - 1
    }
}
