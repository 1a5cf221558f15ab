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
}
