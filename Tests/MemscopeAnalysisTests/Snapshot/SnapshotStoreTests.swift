import MemscopeAnalysis
import Testing

@Suite("Snapshot store") struct SnapshotStoreTests {
    private let empty = HeapSnapshot(HeapTally(), types: [], takenAt: 1)

    @Test("Ids count on while the oldest snapshot is dropped")
    func bounded() {
        var store = SnapshotStore(capacity: 3)
        for _ in 0..<5 { store.keep(empty) }
        #expect(store.snapshots.map(\.id) == ["s3", "s4", "s5"])
        #expect(store["s1"] == nil)
    }

    @Test("A snapshot without a name is called by its id")
    func names() {
        var store = SnapshotStore()
        store.keep(empty)
        store.keep(empty, named: "before")
        #expect(store.snapshots.map(\.name) == ["s1", "before"])
        #expect(empty.id == "now")
    }

    @Test("An id wins over a name, a newer name over an older one")
    func lookup() {
        var store = SnapshotStore()
        store.keep(empty, named: "s2")
        store.keep(empty, named: "deploy")
        store.keep(empty, named: "deploy")
        #expect(store["s2"]?.id == "s2")
        #expect(store["deploy"]?.id == "s3")
        #expect(store["nobody"] == nil)
    }

    @Test("Pinned snapshots stay, but one slot stays free of pins")
    func pins() {
        var store = SnapshotStore(capacity: 3)
        for _ in 0..<3 { store.keep(empty) }
        let pinned = ["s1", "s2", "s3", "s9"].map { store.pin($0) }
        #expect(pinned == [true, true, false, false])
        for _ in 0..<4 { store.keep(empty) }
        #expect(store.snapshots.map(\.id) == ["s1", "s2", "s7"])
        store.unpin("s1")
        store.keep(empty)
        #expect(store.snapshots.map(\.id) == ["s2", "s7", "s8"])
    }
}
