internal import CMemscope

/// What the object of a Swift task says of the task while the object lives.
///
/// Swift makes no promise about the layout. `TaskReader` tests it with tasks of its own before it trusts any of this.
struct TaskObject: Hashable {
    var id: UInt64
    var jobFlags: UInt32
    var status: UInt32
    /// The address of the first status record.
    var record: UInt64
    /// The address of the parent's object; nil for tasks that are no child tasks.
    var parent: UInt64?

    private static let idHalf = 144
    private static let wordCount = MSCOPE_TASK_PARENT / 8 + 1

    /// Nil when no task's object is at the address.
    ///
    /// - Parameters:
    ///   - address: Any address; the memory may be gone.
    ///   - metadata: The first word of each task's object.
    init?(at address: UInt64, metadata: UInt64) {
        guard let words = SafeMemory.words(from: address, count: Self.wordCount), words[0] == metadata else {
            return nil
        }
        let job = words[MSCOPE_TASK_JOB_FLAGS / 8]
        id = job >> 32 | (words[Self.idHalf / 8] & 0xFFFF_FFFF) << 32
        jobFlags = UInt32(truncatingIfNeeded: job)
        status = UInt32(truncatingIfNeeded: words[MSCOPE_TASK_STATUS / 8])
        record = words[MSCOPE_TASK_RECORD / 8]
        parent = jobFlags & MSCOPE_JOB_IS_CHILD != 0 ? words[MSCOPE_TASK_PARENT / 8] : nil
    }

    var state: TaskState {
        if status & MSCOPE_TASK_STATUS_COMPLETE != 0 { return .completed }
        if status & MSCOPE_TASK_STATUS_RUNNING != 0 { return .running }
        return status & MSCOPE_TASK_STATUS_ENQUEUED != 0 ? .enqueued : .suspended
    }

    /// As `TaskPriority.rawValue`.
    var priority: UInt8 { UInt8(truncatingIfNeeded: status) }

    var kind: TaskKind { TaskKind(jobFlags: jobFlags) }

    /// The name that the task got when it was made; nil when it has none, or has ended.
    ///
    /// The task may change its list of records meanwhile, so the list is read twice: the record of the name stays in
    /// the list until the task ends.
    static func name(at address: UInt64, metadata: UInt64) -> String? {
        guard let first = TaskObject(at: address, metadata: metadata)?.nameRecord,
            let name = text(at: first.name),
            TaskObject(at: address, metadata: metadata)?.nameRecord == first
        else { return nil }
        return name
    }

    private struct NameRecord: Hashable {
        var address: UInt64
        /// The address of the text.
        var name: UInt64
    }

    private var nameRecord: NameRecord? {
        guard jobFlags & MSCOPE_JOB_HAS_NAME != 0 else { return nil }
        var next = record
        for _ in 0..<64 where next != 0 {
            guard let words = SafeMemory.words(from: next, count: 3) else { return nil }
            if words[0] & 0xFF == UInt64(MSCOPE_TASK_NAME_KIND) { return NameRecord(address: next, name: words[2]) }
            next = words[1]
        }
        return nil
    }

    /// A text that ends with a 0; cut off where the core cuts names off.
    static func text(at address: UInt64) -> String? {
        let bytes = SafeMemory.bytes(from: address, upTo: MSCOPE_TASK_NAME_MAX - 1)
        return text(bytes.prefix { $0 != 0 })
    }

    /// A name of which the end may be cut off in the middle of a character.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        for cut in 0..<4 {
            if let text = String(validating: bytes.dropLast(cut), as: UTF8.self) { return text }
        }
        return nil
    }
}

extension TaskKind {
    init(jobFlags: UInt32) {
        self =
            jobFlags & MSCOPE_JOB_IS_ASYNC_LET != 0
            ? .asyncLet : jobFlags & MSCOPE_JOB_IS_GROUP_CHILD != 0 ? .groupChild : .unstructured
    }
}
