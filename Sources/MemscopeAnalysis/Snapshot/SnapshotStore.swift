/// The snapshots a process keeps of itself: bounded, oldest dropped first.
package struct SnapshotStore: Sendable {
    package let capacity: Int
    /// Oldest first.
    package private(set) var snapshots: [HeapSnapshot] = []
    private var kept = 0

    /// - Precondition: `capacity > 0`.
    package init(capacity: Int = 32) {
        precondition(capacity > 0, "a store of \(capacity) snapshots")
        self.capacity = capacity
    }

    /// Keeps a snapshot under the next id, dropping the oldest one when full.
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
        if snapshots.count == capacity { snapshots.removeFirst() }
        snapshots.append(snapshot)
        return snapshot
    }

    /// The snapshot with this id, else the newest with this name.
    package subscript(idOrName: String) -> HeapSnapshot? {
        snapshots.last { $0.id == idOrName } ?? snapshots.last { $0.name == idOrName }
    }
}
