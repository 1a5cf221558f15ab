internal import CMemscope

/// What the core counted for a task on one thread in one call of a scope, and what it knows of the task.
struct TaskAccount: Hashable {
    /// What is known of a task's object that is a block of its own.
    struct Origin: Hashable {
        /// The task that made this one; 0 outside of tasks.
        var creator: UInt64
        var createdAt: UInt64
        /// The call stack that made it; 0 when none was taken.
        var site: UInt32
    }

    var task: UInt64
    /// The address of the task's object.
    var object: UInt64 = 0
    var origin: Origin?
    /// Whether the object belongs to the Swift runtime whose layout was tested.
    var isOurs = true
    /// Nil when it was not known how this runtime keeps tasks, and the object is no block.
    var jobFlags: UInt32?
    /// 0 when the task is no child task, or this was not known.
    var parent: UInt64 = 0
    var name: String?
    var allocations: UInt64 = 0
    var allocatedBytes: UInt64 = 0
    var liveBlocks: UInt64 = 0
    var liveBytes: UInt64 = 0

    init(task: UInt64) {
        self.task = task
    }

    @unsafe init(_ raw: UnsafePointer<mscope_task_usage>) {
        let account = unsafe raw.pointee
        task = account.task
        object = account.object
        if account.is_block {
            origin = Origin(creator: account.creator, createdAt: account.created_at, site: account.site)
        }
        isOurs = account.is_ours
        jobFlags = account.is_ours && account.has_job_flags ? account.job_flags : nil
        parent = account.parent
        let text = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(raw) + MemoryLayout<mscope_task_usage>.offset(of: \.name)!,
            count: MSCOPE_TASK_NAME_MAX
        )
        let bytes = unsafe text.prefix { $0 != 0 }
        name = unsafe bytes.isEmpty ? nil : TaskObject.text(Array(bytes)[...])
        (allocations, allocatedBytes) = (account.allocations, account.allocated_bytes)
        (liveBlocks, liveBytes) = (account.live_blocks, account.live_bytes)
    }

    /// Adds what the same task did on another thread, or in another call.
    mutating func add(_ other: TaskAccount) {
        origin = origin ?? other.origin
        jobFlags = jobFlags ?? other.jobFlags
        parent = max(parent, other.parent)
        name = name ?? other.name
        allocations += other.allocations
        allocatedBytes += other.allocatedBytes
        liveBlocks += other.liveBlocks
        liveBytes += other.liveBytes
    }

    /// All accounts that tasks have now.
    static func all() -> [TaskAccount] {
        var accounts: [TaskAccount] = []
        var cursor: UInt32 = 1
        unsafe withBuffer(of: mscope_task_usage.self, count: 256) { buffer in
            while true {
                let count = unsafe mscope_read_task_usages(&cursor, buffer.baseAddress!, buffer.count)
                if count == 0 { break }
                for index in 0..<count { unsafe accounts.append(TaskAccount(buffer.baseAddress! + index)) }
            }
        }
        return accounts
    }
}
