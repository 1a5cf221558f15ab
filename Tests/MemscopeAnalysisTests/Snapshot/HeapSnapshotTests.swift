import MemscopeAnalysis
import Testing
import Tracking

@Suite("Heap snapshot") struct HeapSnapshotTests {
    @Test("Totals per site and type are those of a plain sum over the blocks", arguments: 0..<20 as Range<UInt64>)
    func totals(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let (blocks, types) = randomBlocks(500, using: &random)
        var tally = HeapTally()
        tally.add(blocks, types: types)
        let snapshot = HeapSnapshot(tally, types: someTypes, takenAt: 1)

        for row in snapshot.bySite {
            let own = blocks.filter { $0.site == row.site }
            #expect(row.blocks == own.reduce(0) { $0 + $1.siteWeight })
            #expect(row.bytes == own.reduce(0) { $0 + $1.size * $1.siteWeight })
        }
        for row in snapshot.byType {
            let own = zip(blocks, types).filter { someTypes[Int($0.1)] == row.type }.map(\.0)
            #expect(row.blocks == own.reduce(0) { $0 + $1.weight })
            #expect(row.bytes == own.reduce(0) { $0 + $1.size * $1.weight })
        }
        #expect(snapshot.bySite.count == Set(blocks.filter { $0.siteWeight > 0 }.map(\.site)).count)
        #expect(snapshot.byType.count == Set(types.map { someTypes[Int($0)] }).count)
        #expect(snapshot.liveBytes == blocks.reduce(0) { $0 + $1.size * $1.weight })
        #expect(snapshot.liveBlocks == snapshot.groups.reduce(0) { $0 + $1.blocks })
    }

    @Test("The batches in which blocks arrive do not matter")
    func batches() {
        var random = SplitMix(seed: 7)
        let (blocks, types) = randomBlocks(1000, using: &random)
        var whole = HeapTally()
        whole.add(blocks, types: types)
        var pieces = HeapTally()
        for start in stride(from: 0, to: blocks.count, by: 77) {
            let range = start..<min(start + 77, blocks.count)
            pieces.add(Array(blocks[range]), types: Array(types[range]))
        }
        #expect(pieces.groups == whole.groups)
        #expect(pieces.liveBytes == whole.liveBytes)
    }

    @Test("Rows come with most bytes first")
    func order() {
        var random = SplitMix(seed: 3)
        let snapshot = randomSnapshot(using: &random, blocks: 300...300)
        #expect(snapshot.bySite.map(\.bytes) == snapshot.bySite.map(\.bytes).sorted(by: >))
        #expect(snapshot.byType.map(\.bytes) == snapshot.byType.map(\.bytes).sorted(by: >))
    }

    @Test("Two table entries of one type are one row of the census")
    func duplicateTypes() {
        let type = BlockType(name: "Demo.Account", kind: .class)
        var tally = HeapTally()
        tally.add([Block(address: 16, size: 10), Block(address: 32, size: 20)], types: [0, 1])
        let snapshot = HeapSnapshot(tally, types: [type, type], takenAt: 1)
        #expect(snapshot.byType == [TypeTotal(type: type, blocks: 2, bytes: 30)])
    }

    @Test("Measured blocks have no standard error, sampled ones have")
    func standardError() {
        var measured = HeapTally()
        measured.add([Block(address: 16, size: 10)], types: [0])
        #expect(measured.standardError == .none)
        var sampled = HeapTally()
        sampled.add([Block(address: 16, size: 10, weight: 5)], types: [0])
        #expect(sampled.standardError.blocks == (5.0 * 4).squareRoot())
        #expect(sampled.standardError.bytes == (100.0 * 5 * 4).squareRoot())
    }

    @Test("Sampled stacks are estimates by site and leave the census exact")
    func sampledStacks() {
        var tally = HeapTally()
        let unseen = Block(address: 16, size: 10, siteWeight: 0)
        tally.add([unseen, Block(address: 32, size: 20, site: 4, siteWeight: 3)], types: [0, 0])
        let snapshot = HeapSnapshot(tally, types: [someTypes[0]], takenAt: 1)
        #expect(snapshot.bySite == [SiteTotal(site: 4, blocks: 3, bytes: 60)])
        #expect(snapshot.byType == [TypeTotal(type: someTypes[0], blocks: 2, bytes: 30)])
        #expect(snapshot.liveBytes == 30 && snapshot.standardError == .none)
    }

    @Test("A type index beyond the table traps")
    func badType() async {
        await #expect(processExitsWith: .failure) {
            var tally = HeapTally()
            tally.add([Block(address: 16, size: 1)], types: [3])
            _ = HeapSnapshot(tally, types: [], takenAt: 1)
        }
    }
}
