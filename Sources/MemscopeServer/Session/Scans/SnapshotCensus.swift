internal import MemscopeAnalysis
internal import Tracking

/// Combines the batches of a walk into a snapshot, with one table of types for all batches.
struct SnapshotCensus {
    private let names: MetadataStore
    private var tally = HeapTally()
    private var types: [BlockType] = []
    private var indexOfType: [BlockType: UInt32] = [:]

    init(names: MetadataStore) {
        self.names = names
    }

    mutating func add(_ blocks: [Block]) {
        let names = names
        let classified = names.classify(blocks, moduleOfSite: names.module(ofSite:))
        let indices = classified.types.map { index(of: $0) }
        tally.add(blocks, types: classified.indices.map { indices[Int($0)] })
    }

    func snapshot(of walk: LiveBlocks) -> HeapSnapshot {
        HeapSnapshot(
            tally,
            types: types,
            takenAt: walk.takenAt,
            isConsistent: walk.missed == 0,
            missedBlocks: walk.missed
        )
    }

    private mutating func index(of type: BlockType) -> UInt32 {
        if let known = indexOfType[type] { return known }
        let index = UInt32(types.count)
        types.append(type)
        indexOfType[type] = index
        return index
    }
}
