import MemscopeAnalysis
import Testing
import Tracking

@Suite("Snapshot diff") struct SnapshotDiffTests {
    @Test("Forward and backward differences cancel out", arguments: 0..<30 as Range<UInt64>)
    func antisymmetry(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let (first, second) = (randomSnapshot(using: &random), randomSnapshot(using: &random))
        let (there, back) = (SnapshotDiff(from: first, to: second), SnapshotDiff(from: second, to: first))
        #expect(there.bytes == -back.bytes)
        #expect(there.blocks == -back.blocks)
        let sites = Dictionary(uniqueKeysWithValues: back.sites.map { ($0.site, $0) })
        #expect(there.sites.count == back.sites.count)
        for row in there.sites {
            #expect(sites[row.site]?.bytes == -row.bytes)
            #expect(sites[row.site]?.blocks == -row.blocks)
        }
        let types = Dictionary(uniqueKeysWithValues: back.types.map { ($0.type, $0) })
        #expect(there.types.count == back.types.count)
        for row in there.types { #expect(types[row.type]?.bytes == -row.bytes) }
    }

    @Test("Rows add up to the totals, and older plus difference is newer", arguments: 0..<30 as Range<UInt64>)
    func sums(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let (first, second) = (randomSnapshot(using: &random), randomSnapshot(using: &random))
        let diff = SnapshotDiff(from: first, to: second)
        func siteBytes(_ snapshot: HeapSnapshot) -> Int64 { snapshot.bySite.reduce(0) { $0 + Int64($1.bytes) } }
        #expect(diff.sites.reduce(0) { $0 + $1.bytes } == siteBytes(second) - siteBytes(first))
        #expect(diff.types.reduce(0) { $0 + $1.bytes } == diff.bytes)
        #expect(diff.types.reduce(0) { $0 + $1.blocks } == diff.blocks)
        #expect(Int64(first.liveBytes) + diff.bytes == Int64(second.liveBytes))
    }

    @Test("Rows come with the greatest change first, whatever its sign")
    func order() {
        var random = SplitMix(seed: 11)
        let first = randomSnapshot(using: &random, blocks: 100...100)
        let diff = SnapshotDiff(from: first, to: randomSnapshot(using: &random, blocks: 100...100))
        #expect(diff.sites.map(\.bytes.magnitude) == diff.sites.map(\.bytes.magnitude).sorted(by: >))
        #expect(diff.types.map(\.bytes.magnitude) == diff.types.map(\.bytes.magnitude).sorted(by: >))
        #expect(diff.sites.contains { $0.bytes < 0 } && diff.sites.contains { $0.bytes > 0 })
    }

    @Test("Every row says whether it is new, gone, grown or shrunk")
    func kinds() {
        func snapshot(_ counts: [UInt32: Int]) -> HeapSnapshot {
            var tally = HeapTally()
            for (site, count) in counts {
                for _ in 0..<count { tally.add([Block(address: 16, size: 8, site: site)], types: [0]) }
            }
            return HeapSnapshot(tally, types: [BlockType(name: "A", kind: .class)], takenAt: 1)
        }
        let diff = SnapshotDiff(from: snapshot([1: 1, 2: 1, 3: 3]), to: snapshot([2: 3, 3: 1, 4: 5]))
        let kinds = Dictionary(uniqueKeysWithValues: diff.sites.map { ($0.site, $0.kind) })
        #expect(kinds == [1: .gone, 2: .grown, 3: .shrunk, 4: .new])
        #expect(diff.types.map(\.kind) == [.grown])
    }

    @Test("A snapshot does not differ from itself")
    func same() {
        var random = SplitMix(seed: 5)
        let snapshot = randomSnapshot(using: &random)
        let diff = SnapshotDiff(from: snapshot, to: snapshot)
        #expect(diff.sites.isEmpty && diff.types.isEmpty && diff.bytes == 0 && diff.blocks == 0)
    }

    @Test("Types are matched by name, not by their place in the table")
    func typeTables() {
        let (first, second) = (BlockType(name: "A", kind: .class), BlockType(name: "B", kind: .class))
        func snapshot(_ types: [BlockType], index: UInt32) -> HeapSnapshot {
            var tally = HeapTally()
            tally.add([Block(address: 16, size: 8)], types: [index])
            return HeapSnapshot(tally, types: types, takenAt: 1)
        }
        let diff = SnapshotDiff(from: snapshot([first, second], index: 0), to: snapshot([second, first], index: 1))
        #expect(diff.types.isEmpty)
    }
}
