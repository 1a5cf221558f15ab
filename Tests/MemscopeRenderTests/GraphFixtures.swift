import MemscopeAnalysis
import MemscopeRender
import Tracking

/// What a look at a heap could have found, with every optional filled somewhere.
enum GraphFixtures {
    typealias Analysis = MemScope.HeapAnalysis

    static let scan = Analysis.Scan(
        method: "fork+registers",
        takenAt: 9,
        pauseNanoseconds: 1_000_000,
        durationNanoseconds: 20_000_000,
        blocks: 12,
        bytes: 1200,
        threads: 3,
        threadsRead: 2,
        threadsLeft: 1,
        hasUnknownHeap: true,
        refusedReferences: 3,
        passes: 2
    )

    static let summary = Analysis.Summary(
        unreachableBlocks: 4,
        unreachableBytes: 400,
        cycles: 2,
        suspects: 1,
        kernelSuspects: 1,
        stackHeldBlocks: 5,
        stackHeldBytes: 160,
        stackSuspects: 2,
        stackSuspectBytes: 80,
        kernelHeldBlocks: 6,
        kernelHeldBytes: 192,
        suppressedBlocks: 1,
        suppressedBytes: 32
    )

    static let suspect = Analysis.Leak(
        kind: .stack,
        reason: "held only by one word on the stack of thread 12",
        count: 1,
        bytes: 48,
        retainedBytes: 80,
        type: "Demo.Session",
        typeKind: .class,
        site: 1,
        stack: Fixtures.frames(ofSite: 1),
        addresses: [Analysis.Address(0x7F00_0180)]
    )

    static let leaks = [
        Analysis.Leak(
            kind: .cycle,
            reason: "retain cycle",
            count: 4,
            bytes: 400,
            retainedBytes: 480,
            type: "Demo.Account",
            typeKind: .class,
            site: 1,
            stack: Fixtures.frames(ofSite: 1),
            addresses: [Analysis.Address(0x7F00_00C0), Analysis.Address(0x7F00_0100)]
        ),
        Analysis.Leak(
            kind: .growth,
            reason: "grows",
            count: 7,
            bytes: 700,
            retainedBytes: nil,
            type: "Demo.Row",
            typeKind: .class,
            site: 2,
            stack: Fixtures.frames(ofSite: 2),
            addresses: [],
            growth: Analysis.Leak.Growth(bytesPerSecond: 12.5, confidence: 0.9)
        ),
    ]

    static let cycles = [
        Analysis.Cycle(
            count: 2,
            objects: 4,
            bytes: 400,
            types: ["Demo.Account", "Demo.Person"],
            path: [
                Analysis.Cycle.Step(type: "Demo.Account", field: "owner"),
                Analysis.Cycle.Step(type: "Demo.Person", field: "accounts[0]"),
            ],
            breakEdge: Analysis.Cycle.BreakEdge(
                from: "Demo.Account",
                field: "owner",
                to: "Demo.Person",
                reason: "it refers back to what holds it",
                at: Frame(function: "Demo.bind() -> ()", file: "/src/Demo.swift", line: 7, image: "demo")
            ),
            isReachable: false,
            isInferred: true,
            site: 1,
            stack: Fixtures.frames(ofSite: 1),
            address: Analysis.Address(0x7F00_00C0)
        ),
        Analysis.Cycle(
            count: 1,
            objects: 1,
            bytes: 64,
            types: ["Demo.Page"],
            path: [Analysis.Cycle.Step(type: "Demo.Page", field: nil)],
            breakEdge: nil,
            isReachable: true,
            isInferred: false,
            site: 0,
            stack: [],
            address: Analysis.Address(0x7F00_0200)
        ),
    ]

    static let relations = [
        Relation(kind: .owns, from: "Demo.Person", field: "accounts[]", to: "Demo.Account", count: 4, bytes: 400),
        Relation(kind: .copies, from: "Array<Int>", field: "", to: "Array<Int>", count: 1, bytes: 128),
    ]

    static let object: ObjectValues = {
        var object = ObjectValues(
            address: 0x7F00_00C0,
            size: 100,
            type: BlockType(name: "Demo.Account", kind: .class),
            birth: 8,
            thread: 1,
            task: 0x1F,
            site: 1,
            stack: Fixtures.frames(ofSite: 1)
        )
        let owner = ObjectValues.Step(address: 0x7F00_0100, type: "Demo.Person", field: "accounts[0]")
        object.counts = ObjectValues.Counts(strong: 2, unowned: 0, weak: 1)
        object.retainedBytes = 480
        object.rootPath = ObjectValues.RootPath(
            root: ObjectValues.Root(kind: .global, tid: 42, image: "demo", symbol: "bank"),
            steps: [owner, ObjectValues.Step(address: 0x7F00_00C0, type: "Demo.Account")]
        )
        object.referrers = ObjectValues.Neighbours([ObjectValues.Neighbour(owner, kind: .strong)], total: 3)
        object.referents = ObjectValues.Neighbours([ObjectValues.Neighbour(owner, kind: .unmanaged)], total: 1)
        object.dominator = owner
        return object
    }()

    static func report(_ findings: ReportValues.Findings) -> [UInt8] {
        let values = ReportValues(
            end: .exit(status: 3),
            summary: Fixtures.summary,
            findings: findings,
            errors: ErrorFixtures.all
        )
        return WireFormat.report(values, in: Fixtures.envelope)
    }
}
