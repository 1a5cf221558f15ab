/// A Swift task that allocated, and lives or has live blocks.
package struct TaskRecord: Sendable, Hashable {
    /// Swift's id of the task.
    package var id: UInt64
    package var name: String?
    /// Nil when it is not known, as for the other optional properties.
    package var kind: TaskKind?
    package var state: TaskState?
    /// As `TaskPriority.rawValue`; nil also when the task's object is gone.
    package var priority: UInt8?
    /// Of a child task.
    package var parent: UInt64?
    /// The task that made this one; nil also outside of tasks.
    package var creator: UInt64?
    /// Whether it has not ended, and the task that made it has.
    package var isOrphaned: Bool?
    package var createdAt: UInt64?
    package var liveBlocks: UInt64 = 0
    package var liveBytes: UInt64 = 0
    /// So far; nil when a part of them is not known any more.
    package var allocations: UInt64?
    package var allocatedBytes: UInt64?
    /// The call stack that made it; 0 when it is not known.
    package var site: UInt32 = 0

    package init(id: UInt64) {
        self.id = id
    }

    /// - Parameters:
    ///   - account: All that was counted for the task, except for what the next parameter has.
    ///   - earlier: What was counted on accounts that other tasks have by now; nil when that is not known.
    ///   - sight: What was seen of its object.
    ///   - knowsLayout: Whether it is known how this runtime keeps its tasks.
    init(_ account: TaskAccount, earlier: TaskCounts?, sight: TaskSight, knowsLayout: Bool) {
        id = account.task
        (liveBlocks, liveBytes) = (account.liveBlocks, account.liveBytes)
        allocations = earlier.map { $0.allocations + account.allocations }
        allocatedBytes = earlier.map { $0.bytes + account.allocatedBytes }
        if let origin = account.origin {
            creator = origin.creator == 0 ? nil : origin.creator
            (createdAt, site) = (origin.createdAt, origin.site)
        }
        guard knowsLayout else { return }
        name = account.name
        kind = account.jobFlags.map(TaskKind.init(jobFlags:))
        // A child task is made by its parent.
        parent = account.parent != 0 ? account.parent : kind == .groupChild ? creator : nil
        switch sight {
        case .object(let object, let name):
            state = object.state
            priority = object.priority
            self.name = self.name ?? name
        case .gone: state = .completed
        case .unknown: break
        }
    }

    var hasEnded: Bool { state == .completed }
}

/// Blocks that were allocated, and their bytes.
package struct TaskCounts: Sendable, Hashable {
    package var allocations: UInt64
    package var bytes: UInt64

    package init(allocations: UInt64 = 0, bytes: UInt64 = 0) {
        (self.allocations, self.bytes) = (allocations, bytes)
    }
}
