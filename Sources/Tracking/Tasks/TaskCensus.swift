internal import CMemscope

/// The tasks of this process that allocated, at one moment.
package struct TaskCensus: Sendable {
    /// Tasks that live, and those that have ended and have live blocks.
    package var tasks: [TaskRecord] = []
    /// What was allocated by tasks that have no row: they have no live blocks, and have ended as far as is known.
    package var gone = TaskCounts()
    /// What was allocated in no task.
    package var outside = Counts()
    /// Allocations that were counted for no task, because there were too many tasks with live blocks.
    package var droppedAccounts: UInt64
    /// Why little is known of the tasks; nil when all is.
    package var problem: String?

    package init(tasks: [TaskRecord], gone: TaskCounts, outside: Counts, droppedAccounts: UInt64 = 0, problem: String?)
    {
        (self.tasks, self.gone, self.outside) = (tasks, gone, outside)
        (self.droppedAccounts, self.problem) = (droppedAccounts, problem)
    }

    /// - Parameters:
    ///   - accounts: Any number for each task.
    ///   - earlier: What a task counted on accounts that other tasks have by now; nil when it is not known.
    ///   - allEarlier: The sum over all tasks.
    ///   - totals: The process' counters, read after the accounts.
    ///   - knowsLayout: Whether it is known how this runtime keeps its tasks.
    ///   - look: Looks for the object of a task.
    init(
        accounts: [TaskAccount],
        earlier: (UInt64) -> TaskCounts?,
        allEarlier: TaskCounts,
        totals: Totals,
        knowsLayout: Bool,
        look: (TaskAccount) -> TaskSight
    ) {
        droppedAccounts = totals.droppedAccounts
        var inTasks = Counts(allocations: allEarlier.allocations, allocatedBytes: allEarlier.bytes)
        var all: [TaskRecord] = []
        for account in Self.merged(accounts) {
            inTasks.allocations += account.allocations
            inTasks.allocatedBytes += account.allocatedBytes
            inTasks.frees += account.allocations - min(account.allocations, account.liveBlocks)
            inTasks.freedBytes += account.allocatedBytes - min(account.allocatedBytes, account.liveBytes)
            all.append(
                TaskRecord(
                    account,
                    earlier: earlier(account.task),
                    sight: look(account),
                    knowsLayout: knowsLayout
                )
            )
        }
        inTasks.frees += allEarlier.allocations
        inTasks.freedBytes += allEarlier.bytes
        outside = totals.program.subtracting(inTasks)
        tasks = Self.withOrphans(all, isComplete: droppedAccounts == 0).filter { $0.liveBlocks > 0 || $0.isAlive }
        gone = TaskCounts(allocations: inTasks.allocations, bytes: inTasks.allocatedBytes)
        for task in tasks {
            gone.allocations -= min(gone.allocations, task.allocations ?? 0)
            gone.bytes -= min(gone.bytes, task.allocatedBytes ?? 0)
        }
    }

    /// One account for each task that has allocated.
    private static func merged(_ accounts: [TaskAccount]) -> [TaskAccount] {
        var merged: [TaskAccount] = []
        var indexOfTask: [UInt64: Int] = [:]
        for account in accounts where account.allocations > 0 {
            if let index = indexOfTask[account.task] {
                merged[index].add(account)
            } else {
                indexOfTask[account.task] = merged.count
                merged.append(account)
            }
        }
        return merged
    }

    /// Finds out which tasks have outlived the one that made them.
    ///
    /// A task's object is a block of the task that made it. So that one has a record, as long as the object lives.
    private static func withOrphans(_ tasks: [TaskRecord], isComplete: Bool) -> [TaskRecord] {
        let states = Dictionary(tasks.map { ($0.id, $0.state) }) { first, _ in first }
        return tasks.map { task in
            var task = task
            switch (task.state, task.kind) {
            case (nil, _), (_, nil): break
            case (.completed, _), (_, .groupChild), (_, .asyncLet): task.isOrphaned = false
            case (_, .unstructured):
                guard let creator = task.creator else {
                    task.isOrphaned = isComplete && task.createdAt != nil ? false : nil
                    break
                }
                task.isOrphaned = states[creator].flatMap { $0 }.map { $0 == .completed }
            }
            return task
        }
    }

    /// Reads all counters now, and looks for the objects of the tasks.
    package static func now() -> TaskCensus {
        let metadata = TaskReader.prepare()
        var versions = [UInt32](repeating: 0, count: MSCOPE_TASK_COUNTS)
        unsafe mscope_begin_task_reading(&versions)
        let accounts = TaskAccount.all()
        var allEarlier = mscope_task_counts()
        unsafe mscope_read_earlier_counts(&allEarlier)
        return TaskCensus(
            accounts: accounts,
            earlier: { task in
                var counts = mscope_task_counts()
                let isKnown = unsafe mscope_earlier_counts_of(task, versions, &counts)
                return isKnown ? TaskCounts(counts) : nil
            },
            allEarlier: TaskCounts(allEarlier),
            totals: CaptureCore.totals(),
            knowsLayout: metadata != nil,
            look: { TaskReader.look(for: $0, metadata: metadata) }
        )
        .explained(metadata == nil && !accounts.isEmpty ? TaskReader.unknownLayout : nil)
    }

    private func explained(_ problem: String?) -> TaskCensus {
        var census = self
        census.problem = problem
        return census
    }
}

extension TaskCounts {
    fileprivate init(_ raw: mscope_task_counts) {
        self.init(allocations: raw.allocations, bytes: raw.allocated_bytes)
    }
}

extension TaskRecord {
    /// Whether it is known that it has not ended.
    fileprivate var isAlive: Bool { state.map { $0 != .completed } ?? false }
}

extension Counts {
    /// A block that ends while the counters are read may be live in one of them only.
    fileprivate func subtracting(_ part: Counts) -> Counts {
        Counts(
            allocations: allocations - min(allocations, part.allocations),
            frees: frees - min(frees, part.frees),
            allocatedBytes: allocatedBytes - min(allocatedBytes, part.allocatedBytes),
            freedBytes: freedBytes - min(freedBytes, part.freedBytes)
        )
    }
}
