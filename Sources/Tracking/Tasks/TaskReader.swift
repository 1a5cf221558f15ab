internal import CMemscope

/// Reads the objects of tasks, once it is known that this runtime lays them out as expected.
package enum TaskReader {
    private enum Layout: Sendable {
        case untested, unknown
        case known(metadata: UInt64)
    }

    private static let layout = ProcessMutex(Layout.untested)

    /// Why the objects of tasks are not read.
    package static let unknownLayout =
        "self-test: this Swift runtime keeps its tasks in a way that is not known here, so of a task only the id, the "
        + "figures and the origin are known"

    /// Tests the layout of tasks, when the program has made one and the test has not been made yet.
    ///
    /// From then on the core keeps names and parents. In a program without tasks the test is not made: its own tasks
    /// would make each allocation of the program a little slower.
    ///
    /// - Returns: The first word of every task's object; nil when tasks cannot be read.
    @discardableResult
    package static func prepare() -> UInt64? {
        guard mscope_has_tasks() else { return nil }
        return layout.withLock { layout in
            if case .untested = layout { layout = test() }
            guard case .known(let metadata) = layout else { return nil }
            return metadata
        }
    }

    /// What Swift says is the id of a living task.
    static func id(ofObjectAt address: UInt64) -> UInt64 { mscope_task_id(address) }

    private static func test() -> Layout {
        guard SafeMemory.isPermitted, let metadata = CaptureCore.asOwnThread(TaskSamples.metadata) else {
            return .unknown
        }
        mscope_set_task_metadata(metadata)
        return .known(metadata: metadata)
    }

    /// Looks for the object of a task.
    ///
    /// - Parameters:
    ///   - account: An account of the task.
    ///   - metadata: As ``prepare()`` returns it.
    /// - Returns: What was seen.
    static func look(for account: TaskAccount, metadata: UInt64?) -> TaskSight {
        // What was no block of its own cannot be told from memory that was used again.
        guard let metadata, account.origin != nil, account.isOurs else { return .unknown }
        guard isBlock(account.object) else { return .gone }
        guard SafeMemory.word(at: account.object) != nil else { return .unknown }
        guard let object = TaskObject(at: account.object, metadata: metadata), object.id == account.task else {
            return .gone
        }
        let name = account.name == nil ? TaskObject.name(at: account.object, metadata: metadata) : nil
        return isBlock(account.object) ? .object(object, name: name) : .gone
    }

    /// Whether a live block begins at an address.
    private static func isBlock(_ address: UInt64) -> Bool {
        var block = mscope_block()
        return unsafe mscope_find_block_at(address, &block)
    }
}

/// What was seen where the object of a task was.
enum TaskSight: Hashable {
    case object(TaskObject, name: String?)
    /// The block of the object was freed, so the task has ended.
    case gone
    case unknown
}
