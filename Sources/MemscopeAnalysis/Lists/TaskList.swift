package import Tracking

extension MemScope.TaskColumn: ListColumn {
    package static let defaultOrder = ListOrder<Self>(.liveBytes, isDescending: true)

    package func value(of task: TaskRecord) -> UInt64 {
        switch self {
        case .id: task.id
        case .createdAt: task.createdAt ?? 0
        case .liveBytes: task.liveBytes
        case .liveBlocks: task.liveBlocks
        case .totalBytes: task.allocatedBytes ?? 0
        case .allocations: task.allocations ?? 0
        }
    }
}

extension Page<TaskRecord> {
    /// A page of tasks; equal rows are sorted by id.
    ///
    /// - Parameters:
    ///   - tasks: In any order.
    ///   - state: Only tasks in this state; nil for all.
    ///   - order: Column and direction.
    ///   - cursor: The `next` of the previous page.
    ///   - limit: The largest number of rows.
    package init(
        tasks: [TaskRecord],
        in state: TaskState? = nil,
        order: ListOrder<TaskColumn>,
        after cursor: PageCursor<TaskColumn>? = nil,
        limit: Int
    ) {
        let wanted = state == nil ? tasks : tasks.filter { $0.state == state }
        self.init(of: wanted, order: order, after: cursor, limit: limit) {
            PageKey(value: order.column.value(of: $0), id: $0.id)
        }
    }
}

/// Tasks that have ended while blocks that they allocated are live.
package struct EndedTasks: Sendable, Hashable {
    package var count = 0
    package var liveBlocks: UInt64 = 0
    package var liveBytes: UInt64 = 0

    package init(in tasks: [TaskRecord]) {
        for task in tasks where task.state == .completed && task.liveBlocks > 0 {
            count += 1
            liveBlocks += task.liveBlocks
            liveBytes += task.liveBytes
        }
    }
}
