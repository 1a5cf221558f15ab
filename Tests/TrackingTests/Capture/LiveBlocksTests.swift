import Glibc
import Testing
import Tracking

@Suite("Live blocks") struct LiveBlocksTests {
    @inline(never) private func allocateKnown(_ sizes: [Int]) -> [UInt64] {
        sizes.map { allocate($0) }
    }

    @Test("Each known block appears once, with its size, thread and call stack, while others allocate")
    func exact() throws {
        let churn = Churn(threads: 2)
        defer { churn.stop() }
        let sizes = (0..<400).map { 1001 + 2 * $0 }
        let addresses = allocateKnown(sizes)
        let size = Dictionary(uniqueKeysWithValues: zip(addresses, sizes))
        release(addresses.prefix(100))
        let held = Array(addresses.dropFirst(100))
        defer { release(held) }

        var registry = ThreadRegistry()
        registry.refresh()
        let thread = try #require(registry.threads.first { $0.tid == currentThreadNumber() && $0.endedAt == nil })
        for _ in 1...5 {
            let found = liveBlocks(at: held)
            #expect(found.map(\.address) == held.sorted())
            #expect(found.allSatisfy { $0.size == UInt64(size[$0.address] ?? 0) })
            #expect(Set(found.map(\.thread)) == [thread.id])
            #expect(found.allSatisfy { $0.weight == 1 && $0.siteWeight == 1 })
            #expect(Set(found.map(\.site)).count == 1)
        }
        let site = try #require(liveBlocks(at: held).first.flatMap { CaptureCore.site($0.site) })
        let frames = MetadataStore().symbolize(stack: site.addresses, at: site.firstSeen)
        #expect(frames.contains { $0.function.contains("LiveBlocksTests.allocateKnown") })
    }

    @Test("What was freed is gone, whatever took its address") func freed() {
        // Sizes that nothing else of the process asks for tell a reused address from the block itself.
        let addresses = allocateKnown((0..<200).map { 70_001 + 2 * $0 })
        release(addresses)
        #expect(!liveBlocks(at: addresses).contains { (70_001...70_401).contains($0.size) })
    }

    @Test("A resized block has its new size, at its new address") func resized() {
        let old = allocate(1237)
        let new = unsafe UInt64(UInt(bitPattern: realloc(UnsafeMutableRawPointer(bitPattern: UInt(old)), 123_457)))
        defer { release([new]) }
        #expect(liveBlocks(at: [new]).map(\.size) == [123_457])
        if new != old { #expect(!liveBlocks(at: [old]).contains { $0.size == 1237 }) }
    }

    @Test("Small batches hand over the same blocks") func batches() {
        let addresses = allocateKnown((0..<300).map { 801 + 2 * $0 })
        defer { release(addresses) }
        var found: [UInt64] = []
        let walk = patiently {
            found = []
            return LiveBlocks(batch: 7) { blocks in
                #expect(blocks.count <= 7)
                found += blocks.lazy.map(\.address).filter { addresses.contains($0) }
            }
        }
        #expect(found.sorted() == addresses.sorted())
        #expect(walk.missed == 0)
        #expect(walk.takenAt <= CaptureCore.now)
    }

    @Test("Blocks are born in the order of their allocation, before the walk") func birth() {
        let before = CaptureCore.now
        var addresses: [UInt64] = []
        for _ in 0..<3 {
            addresses.append(allocate(333))
            usleep(20_000)
        }
        defer { release(addresses) }
        let births = addresses.map { address in liveBlocks(at: [address]).first?.birth ?? 0 }
        #expect(births == births.sorted())
        #expect(Set(births).count == 3)
        // The clock of births is coarse: it ticks every few milliseconds.
        #expect(births.allSatisfy { $0 + 10_000_000 >= before && $0 <= CaptureCore.now })
    }
}
