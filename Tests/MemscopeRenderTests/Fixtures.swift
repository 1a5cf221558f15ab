import MemscopeAnalysis
import MemscopeRender
import Tracking

/// Values with every optional filled, so that every key is written.
enum Fixtures {
    static let envelope = Envelope(
        generatedAt: 7_000_000_000,
        process: ProcessIdentity(
            pid: 42,
            name: "demo \"quoted\"",
            startedAt: 5,
            anchorMonotonic: 6,
            anchorUnix: 1_790_000_000_000_000_000
        ),
        mode: .sampled,
        quality: .sampled,
        dropped: 3
    )

    static let sites = [
        Site(
            id: 1,
            addresses: [0x1010, 0x1020],
            quality: .exact,
            isAsync: true,
            firstSeen: 9,
            counts: Counts(allocations: 10, frees: 4, allocatedBytes: 1000, freedBytes: 400),
            peakBytes: 800
        ),
        Site(
            id: 2,
            addresses: [0x1030, 0x1020],
            quality: .truncated,
            counts: Counts(allocations: 5, allocatedBytes: 5000),
            peakBytes: 5000
        ),
        Site(id: 3, addresses: [0x9999], quality: .guessed, counts: Counts(allocations: 1, allocatedBytes: 7)),
    ]

    /// `makeRow` inlined into `makeTable`, called from `main`; site 3 has no names.
    static func frames(of site: Site) -> [Frame] {
        let main = Frame(function: "main", file: "/src/main.swift", line: 3, image: "demo", address: 0x1020)
        switch site.id {
        case 1:
            return [
                Frame(
                    function: "Demo.makeRow(_: Swift.Int) -> Row",
                    file: "/src/row.swift",
                    line: 12,
                    image: "demo",
                    address: 0x1010,
                    isInlined: true
                ),
                Frame(function: "Demo.makeTable()", file: "/src/table.swift", line: 30, image: "demo", address: 0x1010),
                main,
            ]
        case 2: return [Frame(function: "Demo.cache<π>", image: "demo", address: 0x1030), main]
        case 3: return [Frame(function: "0x9999", image: "gone.so", address: 0x9999)]
        default: return []
        }
    }

    /// The same names, by address.
    static var places: StackPlaces {
        let frames = sites.flatMap(frames(of:))
        return StackPlaces { address, _ in (names(at: address, among: frames), 0, .max) }
    }

    private static func names(at address: UInt64, among frames: [Frame]) -> [Frame] {
        let end = frames.firstIndex { $0.address == address && !$0.isInlined } ?? frames.endIndex - 1
        let begin = frames[..<end].lastIndex { $0.address != address }.map { $0 + 1 } ?? 0
        return Array(frames[begin...end])
    }

    static func frames(ofSite id: UInt32) -> [Frame] {
        frames(of: Site(id: id, addresses: []))
    }

    static let images = [
        Image(path: "/usr/bin/demo", bias: 0x1000, start: 0x1000, end: 0x2000, loadedAt: 1, buildID: "deadbeef"),
        Image(path: "/usr/lib/gone.so", bias: 0x9000, start: 0x9000, end: 0xA000, loadedAt: 1, unloadedAt: 2),
    ]

    static let imageNames = [
        images[0]: ImageNames(
            functions: .exported,
            hasLines: true,
            debugFile: "/usr/lib/debug/demo.debug",
            problem: "no symbol table"
        )
    ]

    static let timeline: Timeline = {
        var timeline = Timeline()
        for second in 1...3 as ClosedRange<UInt64> {
            timeline.add(
                TimelineReading(
                    time: second * 1_000_000_000,
                    liveBytes: second * 10,
                    liveBlocks: second,
                    allocations: second * 100,
                    frees: second * 99,
                    allocatedBytes: second * 1000,
                    rssBytes: second == 2 ? nil : 4096,
                    allocatorHeldBytes: 8192,
                    ownBytes: 512
                )
            )
        }
        timeline.add(Mark(time: 2_500_000_000, name: "deploy"))
        return timeline
    }()

    static let summary: SummaryValues = {
        var totals = Totals()
        totals.program = Counts(allocations: 16, frees: 4, allocatedBytes: 6007, freedBytes: 400)
        totals.ownThreads = Counts(allocations: 2, frees: 1, allocatedBytes: 64, freedBytes: 32)
        totals.sampledAllocations = 3
        totals.peakLiveBytes = 6000
        totals.sites = 3
        totals.stacksExact = 1
        totals.stacksTruncated = 1
        totals.stacksGuessed = 1
        totals.threadsAlive = 2
        totals.droppedStacks = 3
        totals.startedAt = 1_000_000_000
        return SummaryValues(
            totals: totals,
            now: 7_000_000_000,
            rssBytes: 1 << 20,
            allocatorHeldBytes: 1 << 19,
            allocator: "glibc",
            sampleInterval: 4096,
            rates: timeline.latest?.rates
        )
    }()

    static let snapshot = takeSnapshot(weight: 2, size: 100)

    static func takeSnapshot(weight: UInt64, size: UInt64) -> HeapSnapshot {
        let types = [BlockType(name: "Demo.Row", kind: .class), BlockType(name: "demo", kind: .c)]
        var tally = HeapTally()
        tally.add(
            [
                Block(address: 16, size: size, site: 1, weight: weight, siteWeight: weight),
                Block(address: 512, size: 50, site: 2),
            ],
            types: [0, 1]
        )
        return HeapSnapshot(tally, types: types, takenAt: 4)
    }

    static let tasks: TaskCensus = {
        var named = TaskRecord(id: 7), ended = TaskRecord(id: 1 << 40)
        (named.name, named.kind, named.state) = ("import \"all\"", .groupChild, .suspended)
        (named.priority, named.parent, named.creator, named.isOrphaned) = (21, 1, 1, false)
        (named.createdAt, named.liveBlocks, named.liveBytes) = (6_000_000_000, 3, 96)
        (named.allocations, named.allocatedBytes, named.site) = (10, 640, 1)
        (ended.state, ended.liveBlocks, ended.liveBytes) = (.completed, 2, 64)
        return TaskCensus(
            tasks: [named, ended],
            gone: TaskCounts(allocations: 5, bytes: 160),
            outside: Counts(allocations: 1000, frees: 500, allocatedBytes: 64_000, freedBytes: 32_000),
            problem: "a reason"
        )
    }()

    static let scopes = ScopeCensus(
        scopes: [
            ScopeRecord(id: 1, name: ScopeName(parent: 0, name: "request", attributes: []), counts: scopeCounts(100)),
            ScopeRecord(
                id: 2,
                name: ScopeName(
                    parent: 1,
                    name: "query",
                    attributes: [ScopeName.Attribute(key: "name", value: "users \"quoted\"")]
                ),
                counts: scopeCounts(60)
            ),
        ],
        totals: Counts(allocations: 1000, frees: 500, allocatedBytes: 64_000, freedBytes: 32_000),
        droppedCalls: 0
    )

    private static func scopeCounts(_ allocations: UInt64) -> ScopeCounts {
        var counts = ScopeCounts()
        (counts.allocations, counts.allocatedBytes) = (allocations, allocations * 64)
        (counts.liveBlocks, counts.liveBytes) = (allocations / 2, allocations * 32)
        (counts.escapedBlocks, counts.escapedBytes) = (allocations / 4, allocations * 16)
        counts.peakLiveBytes = allocations * 48
        (counts.calls, counts.running, counts.nanoseconds) = (7, 1, 1_000_000)
        return counts
    }

    static let threads = [
        ThreadRecord(id: 1, tid: 42, name: "main", startedAt: 1, endedAt: 9, counts: Counts(allocations: 5)),
        ThreadRecord(id: 2, tid: 43, name: "memscope", startedAt: 2, isInternal: true, counts: Counts(allocations: 1)),
    ]
}
