import Glibc
import Synchronization
import Testing
import Tracking

@Suite("Capture core") struct CaptureCoreTests {
    @inline(never) private func allocateCounted(_ count: Int) -> [UInt64] {
        (0..<count).map { _ in allocate(911) }
    }

    @Test("The test runner's own allocations go through the hooks") func active() {
        #expect(CaptureCore.isActive)
        #expect(CaptureCore.allocatorName == "glibc")
        #expect(CaptureCore.allocatorHeldBytes ?? 0 > 0)
    }

    @Test("A call stack's counters are those of its own blocks, exactly") func siteCounters() throws {
        let addresses = allocateCounted(37)
        release(addresses.prefix(5))
        let block = try #require(liveBlocks(at: Array(addresses.dropFirst(5))).first)
        let site = try #require(CaptureCore.sites().first { $0.id == block.site })
        #expect(site.counts == Counts(allocations: 37, frees: 5, allocatedBytes: 37 * 911, freedBytes: 5 * 911))
        #expect(site.counts.liveBlocks == 32)
        #expect(site.quality == .exact)
        release(addresses.dropFirst(5))
        let after = try #require(CaptureCore.sites().first { $0.id == block.site })
        #expect(after.counts.liveBytes == 0)
        #expect(after.peakBytes >= 32 * 911)
        #expect(after.peakBytes <= 37 * 911)
    }

    @Test("The list of call stacks ascends without gaps in what one look-up knows") func sites() {
        let sites = CaptureCore.sites()
        #expect(!sites.isEmpty)
        #expect(zip(sites, sites.dropFirst()).allSatisfy { $0.id < $1.id })
        for site in sites.prefix(500) {
            let same = CaptureCore.site(site.id)
            #expect(same?.addresses == site.addresses)
            #expect(same?.quality == site.quality)
            #expect(same?.counts == Counts())
        }
        #expect(CaptureCore.site(0) == nil)
        #expect(CaptureCore.site(.max) == nil)
    }

    @Test("Totals count up by at least what this test did") func totals() {
        let before = CaptureCore.totals()
        let addresses = allocateCounted(1000)
        release(addresses)
        let after = CaptureCore.totals()
        #expect(after.program.allocations >= before.program.allocations + 1000)
        #expect(after.program.frees >= before.program.frees + 1000)
        #expect(after.program.allocatedBytes >= before.program.allocatedBytes + 911_000)
        #expect(after.startedAt == before.startedAt)
        #expect(after.startedAt < CaptureCore.now)
        #expect(after.stacksExact > 0)
        #expect(after.threadsAlive > 0 && after.threadsAlive <= after.threadsSeen)
    }

    @Test("A thread is known by its name and number, and by its end") func threads() throws {
        let address = Mutex(UInt64(0))
        let tid = Mutex(pid_t(0))
        let thread = PlainThread {
            nameCurrentThread("odd-thread-7")
            tid.withLock { $0 = currentThreadNumber() }
            address.withLock { $0 = allocate(555) }
            usleep(50_000)
        }
        patiently { address.withLock { $0 } == 0 ? nil : () }
        let block = try #require(liveBlocks(at: [address.withLock { $0 }]).first)
        #expect(block.task == 0)
        let store = MetadataStore()
        let alive = try #require(store.thread(block.thread))
        #expect(alive.tid == tid.withLock { $0 })
        #expect(alive.name == "odd-thread-7")
        #expect(!alive.isInternal)
        #expect(alive.counts.allocations >= 1)
        thread.join()
        store.refresh()
        let ended = try #require(store.thread(block.thread))
        #expect(ended.name == "odd-thread-7")
        #expect(ended.endedAt.map { $0 >= ended.startedAt } == true)
        release([address.withLock { $0 }])
    }

    @Test("A thread of MemScope's own is counted apart and its blocks are not shown") func internalThread() throws {
        let addresses = Mutex<[UInt64]>([])
        let before = CaptureCore.totals().ownThreads
        PlainThread {
            CaptureCore.markThreadInternal()
            let blocks = (0..<50).map { _ in allocate(4321) }
            addresses.withLock { $0 = blocks }
        }.join()
        let blocks = addresses.withLock { $0 }
        #expect(liveBlocks(at: blocks).isEmpty)
        let after = CaptureCore.totals().ownThreads
        #expect(after.allocations >= before.allocations + 50)
        #expect(after.allocatedBytes >= before.allocatedBytes + 50 * 4321)
        release(blocks)
    }
}
