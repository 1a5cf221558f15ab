/// The snapshots that a process keeps of itself: their number is limited, and the oldest is dropped first.
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

    /// Keeps a snapshot under the next id, and drops the oldest one when the store is full.
    ///
    /// - Parameters:
    ///   - snapshot: The snapshot as it was taken.
    ///   - name: Its name; the id when nil.
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

    /// The snapshot with this id, else the newest with this name; a text with the form of an id is never taken for a
    /// name.
    package subscript(idOrName: String) -> HeapSnapshot? {
        if Self.isID(idOrName) { return snapshots.last { $0.id == idOrName } }
        return snapshots.last { $0.name == idOrName }
    }

    /// Whether a text has the form of a snapshot's id, or stands for the current heap.
    package static func isID(_ text: String) -> Bool {
        let digits = text.dropFirst()
        return text == HeapSnapshot.unkeptID
            || (text.first == "s" && !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber })
    }
}
