public import Tracking

extension MemScope {
    /// What a Swift task allocated, as in a row of `/api/tasks`.
    ///
    /// A block belongs to the task that allocated it, on whichever thread, and wherever it is freed. What is not known
    /// is nil, never a guess. The figures are estimates when the quality of ``HeapSummary`` is not
    /// ``Quality/measured``.
    public struct TaskUsage: Sendable, Hashable {
        /// Swift's id of the task.
        public var id: UInt64
        /// The name that the task got when it was made.
        public var name: String?
        /// How it was made.
        public var kind: TaskKind?
        /// Its state now.
        public var state: TaskState?
        /// Its priority now, as `TaskPriority.rawValue`; nil also when its object is gone.
        public var priority: UInt8?
        /// The id of the task of which it is a child task.
        public var parent: UInt64?
        /// The id of the task that made it; nil also when it was made outside of tasks.
        public var creator: UInt64?
        /// Whether it has not ended, while the task that made it has.
        public var isOrphaned: Bool?
        /// When it was made, in nanoseconds on the monotonic clock.
        public var createdAt: UInt64?
        /// Its blocks that are live.
        public var liveBlocks: UInt64
        /// The bytes of these blocks.
        public var liveBytes: UInt64
        /// The number of blocks that it has allocated so far.
        public var allocations: UInt64?
        /// The bytes of these blocks.
        public var totalBytes: UInt64?
        /// The call stack that made it, innermost frame first; empty when none is known.
        public var stack: [Frame]

        package init(_ task: TaskRecord, stack: [Frame]) {
            (id, name, kind, state) = (task.id, task.name, task.kind, task.state)
            (priority, parent, creator) = (task.priority, task.parent, task.creator)
            (isOrphaned, createdAt) = (task.isOrphaned, task.createdAt)
            (liveBlocks, liveBytes) = (task.liveBlocks, task.liveBytes)
            (allocations, totalBytes) = (task.allocations, task.allocatedBytes)
            self.stack = stack
        }
    }

    /// The columns by which tasks can be sorted; what is not known counts as 0.
    public enum TaskColumn: String, Sendable, Hashable, CaseIterable {
        /// The id of the task.
        case id
        /// When it was made.
        case createdAt
        /// Bytes of live blocks.
        case liveBytes
        /// Live blocks.
        case liveBlocks
        /// Bytes allocated so far.
        case totalBytes
        /// Blocks allocated so far.
        case allocations
    }
}

package typealias TaskColumn = MemScope.TaskColumn
