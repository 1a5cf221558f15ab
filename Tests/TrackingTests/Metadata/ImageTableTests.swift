import Glibc
import Testing
import Tracking

@Suite("Image table") struct ImageTableTests {
    private let table = ImageTable(images: [
        Image(path: "/a", bias: 0x1000, start: 0x1000, end: 0x5000, loadedAt: 10, unloadedAt: 20),
        Image(path: "/b", bias: 0x9000, start: 0x9000, end: 0xA000, loadedAt: 12),
        Image(path: "/c", bias: 0x2000, start: 0x2000, end: 0x3000, loadedAfter: 20, loadedAt: 30, unloadedAt: 40),
        Image(path: "/d", bias: 0x2000, start: 0x2000, end: 0x8000, loadedAfter: 45, loadedAt: 50),
    ])

    @Test(
        "Images that followed each other at an address are told apart by time",
        arguments: [
            (UInt64(0x2800), UInt64(15), "/a"), (0x2800, 35, "/c"), (0x2800, 60, "/d"), (0x4000, 15, "/a"),
            // Noted after it was loaded: what was seen at 25 cannot have been /a any more.
            (0x2800, 25, "/c"), (0x4000, 47, "/d"), (0x9000, 5, "/b"), (0x9FFF, 99, "/b"),
        ]
    )
    func byTime(address: UInt64, time: UInt64, path: String) {
        #expect(table.image(containing: address, at: time)?.path == path)
    }

    @Test(
        "Of a time when none of them was mapped, an address has no image",
        arguments: [(UInt64(0x4000), UInt64(25)), (0x1800, 20), (0x1800, 60), (0x2800, 40), (0x2800, 44)]
    )
    func between(address: UInt64, time: UInt64) {
        #expect(table.image(containing: address, at: time) == nil)
    }

    @Test("Of a time when it may have been one of two, an address has no image") func either() {
        let table = ImageTable(images: [
            Image(path: "/a", bias: 0, start: 0x1000, end: 0x3000, loadedAt: 10, unloadedAt: 30),
            Image(path: "/b", bias: 0, start: 0x2000, end: 0x4000, loadedAfter: 20, loadedAt: 30),
        ])
        #expect(table.image(containing: 0x2800, at: 25) == nil)
        #expect(table.image(containing: 0x2800, at: 15)?.path == "/a")
        #expect(table.image(containing: 0x1800, at: 25)?.path == "/a")
        #expect(table.image(containing: 0x2800, at: 30)?.path == "/b")
    }

    @Test("Without a time only what is mapped now counts") func now() {
        #expect(table.image(containing: 0x2800)?.path == "/d")
        #expect(table.image(containing: 0x1800) == nil)
    }

    @Test("Addresses in no image have none", arguments: [UInt64(0), 0xFFF, 0x8000, 0xA000, .max])
    func outside(address: UInt64) {
        #expect(table.image(containing: address, at: 15) == nil)
        #expect(!table.isMapped(address))
    }

    @Test("Only images that are not unloaded count as mapped") func mapped() {
        #expect(!table.isMapped(0x1800))
        #expect(table.isMapped(0x2800))
        #expect(table.isMapped(0x9000))
    }

    @Test("Every search agrees with a look at all images") func agreesWithSearch() {
        var generator = SplitMix(state: 5)
        let images = (0..<200).map { index in
            let start = generator.next() % 10_000
            return Image(
                path: "/\(index)",
                bias: 0,
                start: start,
                end: start + 1 + generator.next() % 500,
                loadedAfter: UInt64(index),
                loadedAt: UInt64(index) + 2,
                unloadedAt: index % 3 == 0 ? nil : UInt64(index) + 3 + generator.next() % 50
            )
        }
        let table = ImageTable(images: images)
        for address in stride(from: UInt64(0), to: 11_000, by: 7) {
            let time = generator.next() % 250
            let covering = images.filter { $0.start <= address && address < $0.end }
            let possible = covering.filter { $0.loadedAfter <= time && time < $0.unloadedAt ?? .max }
            #expect(table.image(containing: address, at: time) == (possible.count == 1 ? possible[0] : nil))
            #expect(table.isMapped(address) == covering.contains { $0.unloadedAt == nil })
        }
    }

    @Test("The running program and its libraries are there, with build ids and bounds") func own() {
        let images = MetadataStore().images
        #expect(images.contains { $0.path.contains("libc.so") && $0.buildID.utf8.count == 40 })
        #expect(images.first == CaptureCore.program)
        #expect(
            images.allSatisfy { $0.start < $0.end && !$0.path.isEmpty && $0.unloadedAt == nil || $0.unloadedAt != nil }
        )
    }
}

@Suite("Thread registry") struct ThreadRegistryTests {
    @Test("A thread that allocated is known by its number") func ownThread() throws {
        let site = try unsafe stack { unsafe malloc(11) }
        #expect(site.id != 0)
        let store = MetadataStore()
        let alive = store.threads.filter { $0.endedAt == nil }
        #expect(alive.contains { $0.tid == getpid() })
        #expect(store.threads.map(\.id) == store.threads.map(\.id).sorted())
        for thread in store.threads {
            #expect(store.thread(thread.id) == thread)
        }
        #expect(store.thread(.max) == nil)
    }
}
