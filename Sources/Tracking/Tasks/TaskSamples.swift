internal import CMemscope

/// Swift tasks with known facts, to test whether this runtime lays its tasks out as expected.
///
/// They run on the calling thread only: their executor keeps the jobs until the thread runs them.
struct TaskSamples {
    /// Keeps jobs in the order in which they came.
    ///
    /// `@unchecked Sendable`: only the thread that makes the samples uses it.
    private final class Executor: TaskExecutor, @unchecked Sendable {
        private var jobs: [UnownedJob] = []

        func enqueue(_ job: consuming ExecutorJob) { jobs.append(UnownedJob(job)) }

        func runOne() {
            guard !jobs.isEmpty else { return }
            unsafe jobs.removeFirst().runSynchronously(on: asUnownedTaskExecutor())
        }

        func runAll() {
            while !jobs.isEmpty { runOne() }
        }
    }

    /// What the samples note of themselves.
    ///
    /// `@unchecked Sendable`: as above.
    @safe private final class Notes: @unchecked Sendable {
        var group: UInt64 = 0
        var asyncLet: UInt64 = 0
        var stateInTask: TaskState?
        var facts: [Facts] = []
        var continuation: UnsafeContinuation<Void, Never>?
        var metadata: UInt64 = 0
    }

    /// What a sample must be, or what was read of it.
    private struct Facts: Hashable {
        var state: TaskState
        var kind: TaskKind
        var priority: UInt8
        var name: String?
        var parent: UInt64?
        var id: UInt64
    }

    private let executor = Executor()
    private let notes = Notes()

    /// The first word of every task's object; nil when a sample is not read as it is.
    static func metadata() -> UInt64? { TaskSamples().test() }

    private func test() -> UInt64? {
        let task = Self.makeTask(executor, notes)
        // The handle of a task is a reference to its object.
        let address = unsafe UInt64(unsafeBitCast(task, to: UInt.self))
        guard let metadata = SafeMemory.word(at: address), metadata != 0 else { return nil }
        notes.metadata = metadata
        let id = Self.id(address)
        func outer(_ state: TaskState) -> Facts {
            Facts(state: state, kind: .unstructured, priority: 17, name: Self.name, parent: nil, id: id)
        }
        func inner(_ address: UInt64, _ kind: TaskKind, _ state: TaskState, _ name: String?) -> Facts {
            Facts(state: state, kind: kind, priority: 17, name: name, parent: id, id: Self.id(address))
        }
        var isRight = read(address) == outer(.enqueued)
        executor.runOne()  // the task, up to its wait for the child task of its group
        isRight = isRight && notes.stateInTask == .running && read(address) == outer(.suspended)
        executor.runOne()  // the child task, up to its continuation
        let group = notes.group
        isRight = isRight && group != 0 && read(group) == inner(group, .groupChild, .suspended, Self.childName)
        unsafe notes.continuation?.resume()
        isRight = isRight && read(group) == inner(group, .groupChild, .enqueued, Self.childName)
        executor.runAll()
        let asyncLet = notes.asyncLet
        isRight = isRight && notes.facts.count == 1 && asyncLet != 0
        if let facts = notes.facts.first {
            isRight =
                isRight
                && facts
                    == Facts(
                        state: .running,
                        kind: .asyncLet,
                        priority: 17,
                        name: nil,
                        parent: id,
                        id: facts.id
                    )
        }
        isRight = isRight && read(address)?.state == .completed && read(address)?.id == id
        withExtendedLifetime(task) {}
        return isRight ? metadata : nil
    }

    private static let name = "a sample of MemScope, to test how this runtime keeps its tasks"
    private static let childName = "child"

    private static func id(_ address: UInt64) -> UInt64 { mscope_task_id(address) }

    private func read(_ address: UInt64) -> Facts? { Self.read(address, metadata: notes.metadata) }

    private static func read(_ address: UInt64, metadata: UInt64) -> Facts? {
        guard let task = TaskObject(at: address, metadata: metadata) else { return nil }
        return Facts(
            state: task.state,
            kind: task.kind,
            priority: task.priority,
            name: TaskObject.name(at: address, metadata: metadata),
            parent: task.parent.map(id),
            id: task.id
        )
    }

    /// The address of the calling task's object.
    private static var current: UInt64 {
        unsafe withUnsafeCurrentTask { task in
            // It has one field, a reference to the object.
            unsafe task.map { unsafe UInt64(unsafeBitCast($0, to: UInt.self)) } ?? 0
        }
    }

    private static func makeTask(_ executor: Executor, _ notes: Notes) -> Task<Void, Never> {
        Task.detached(name: name, executorPreference: executor, priority: .utility) {
            notes.stateInTask = read(current, metadata: notes.metadata)?.state
            await withTaskGroup { group in
                group.addTask(name: childName) {
                    notes.group = current
                    unsafe await withUnsafeContinuation { unsafe notes.continuation = $0 }
                }
                await group.waitForAll()
            }
            async let last: Void = noteAsyncLet(notes)
            await last
        }
    }

    private static func noteAsyncLet(_ notes: Notes) async {
        notes.asyncLet = current
        if let facts = read(current, metadata: notes.metadata) { notes.facts.append(facts) }
    }
}
