import Testing
import Tracking

// The mode belongs to the process, which other tests share: each of these has one of its own.
@Suite("Modes") struct ModeTests {
    @Test("Known blocks stay exact through every change of mode") func knownBlocks() async {
        await #expect(processExitsWith: .success) {
            MemScope.mode = .full
            let addresses = (0..<500).map { allocate(1001 + 2 * $0) }
            var held = addresses[...]
            for mode in [MemScope.Mode.sampled, .balanced, .off, .full] {
                MemScope.mode = mode
                #expect(MemScope.mode == mode)
                release(held.prefix(100))
                held = held.dropFirst(100)
                let found = liveBlocks(at: Array(held))
                #expect(found.map(\.address) == held.sorted())
                #expect(found.allSatisfy { $0.weight == 1 && $0.siteWeight == 1 })
                let freed = addresses.prefix(addresses.count - held.count)
                #expect(!liveBlocks(at: Array(freed)).contains { (1001...1999).contains($0.size) && $0.size % 2 == 1 })
            }
            #expect(CaptureCore.totals().gaps == 1)
        }
    }

    @Test("off records nothing new, and full again records everything") func off() async {
        await #expect(processExitsWith: .success) {
            MemScope.mode = .off
            let unseen = (0..<100).map { _ in allocate(2003) }
            #expect(liveBlocks(at: unseen).isEmpty)
            let before = CaptureCore.totals().program
            release(unseen)
            MemScope.mode = .full
            let seen = (0..<100).map { _ in allocate(2003) }
            #expect(liveBlocks(at: seen).count == 100)
            let after = CaptureCore.totals().program
            #expect(after.allocations >= before.allocations + 100)
            #expect(after.liveBytes <= before.liveBytes + 400_000)
        }
    }

    @Test("balanced knows every block, and takes the stacks of a share") func balanced() async {
        await #expect(processExitsWith: .success) {
            MemScope.mode = .balanced
            let addresses = (0..<20_000).map { _ in allocate(1009) }
            let found = liveBlocks(at: addresses)
            #expect(found.map(\.address) == addresses.sorted())
            #expect(found.allSatisfy { $0.size == 1009 && $0.weight == 1 })
            let withStack = found.filter { $0.siteWeight > 0 }
            #expect(withStack.count < found.count / 10)
            // 20 MB in samples every half MiB: about 38 of them, so that 5 standard deviations are 80 %.
            let estimate = withStack.reduce(0) { $0 + Double($1.siteWeight) }
            #expect(abs(estimate - 20_000) < 16_500)
            #expect(CaptureCore.totals().sampledAllocations > 0)
        }
    }

    @Test("sampled knows a share that stands for the whole") func sampled() async {
        await #expect(processExitsWith: .success) {
            MemScope.mode = .off
            #expect(!CaptureCore.setSampleInterval(0))
            #expect(CaptureCore.setSampleInterval(16_384))
            #expect(CaptureCore.sampleInterval == 16_384)
            MemScope.mode = .sampled
            let addresses = (0..<20_000).map { _ in allocate(1009) }
            let found = liveBlocks(at: addresses)
            // 20 MB in samples every 16 KiB: about 1,200 of them, a standard deviation of 3 %.
            #expect((1000...1450).contains(found.count))
            let estimate = found.reduce(0) { $0 + Double($1.weight) }
            #expect(abs(estimate - 20_000) < 3_500)
            #expect(!CaptureCore.setSampleInterval(4096))
            release(addresses)
            #expect(liveBlocks(at: addresses).allSatisfy { $0.size != 1009 })
        }
    }
}
