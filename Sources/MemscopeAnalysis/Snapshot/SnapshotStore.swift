/// The snapshots a process keeps of itself: bounded, oldest dropped first.
package struct SnapshotStore: Sendable {
    package let capacity: Int
    /// Oldest first.
    package private(set) var snapshots: [HeapSnapshot] = []
    private var pinned: Set<String> = []
    private var kept = 0

    /// - Precondition: `capacity > 0`.
    package init(capacity: Int = 32) {
        precondition(capacity > 0, "a store of \(capacity) snapshots")
        self.capacity = capacity
    }

    /// Keeps a snapshot under the next id, dropping the oldest unpinned one when full.
    ///
    /// - Parameters:
    ///   - snapshot: As taken.
    ///   - name: What to call it; its id when nil.
    /// - Returns: The snapshot with its id and name.
    @discardableResult
    package mutating func keep(_ snapshot: HeapSnapshot, named name: String? = nil) -> HeapSnapshot {
        kept += 1
        var snapshot = snapshot
        snapshot.id = "s\(kept)"
        snapshot.name = name ?? snapshot.id
        if snapshots.count == capacity, let oldest = snapshots.firstIndex(where: { !pinned.contains($0.id) }) {
            snapshots.remove(at: oldest)
        }
        snapshots.append(snapshot)
        return snapshot
    }

    /// Protects a snapshot from being dropped.
    ///
    /// - Returns: False when there is no such snapshot, or when every slot but one is
    ///   pinned already: the newest snapshot always finds a place.
    package mutating func pin(_ id: String) -> Bool {
        guard snapshots.contains(where: { $0.id == id }) else { return false }
        guard pinned.contains(id) || pinned.count < capacity - 1 else { return false }
        pinned.insert(id)
        return true
    }

    package mutating func unpin(_ id: String) {
        pinned.remove(id)
    }

    /// The snapshot with this id, else the newest with this name.
    package subscript(idOrName: String) -> HeapSnapshot? {
        snapshots.last { $0.id == idOrName } ?? snapshots.last { $0.name == idOrName }
    }
}
