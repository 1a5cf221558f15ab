import Testing
import Tracking

@testable import MemscopeAnalysis

@Suite("Task list") struct TaskListTests {
    private static func task(_ id: UInt64, _ state: TaskState?, live: UInt64, total: UInt64?) -> TaskRecord {
        var task = TaskRecord(id: id)
        (task.state, task.liveBlocks, task.liveBytes, task.allocatedBytes) = (state, live / 10, live, total)
        return task
    }

    private static let tasks = [
        task(1, .running, live: 100, total: 500), task(2, .completed, live: 300, total: nil),
        task(3, nil, live: 50, total: 60), task(4, .completed, live: 100, total: 900),
        task(5, .suspended, live: 0, total: 10),
    ]

    @Test("the most live bytes come first") func order() {
        let page = Page(tasks: Self.tasks, order: TaskColumn.defaultOrder, limit: 3)
        #expect(page.rows.map(\.id) == [2, 1, 4] && page.total == 5 && page.next != nil)
    }

    @Test("a figure that is not known is sorted as 0") func unknown() {
        let page = Page(tasks: Self.tasks, order: ListOrder(.totalBytes, isDescending: true), limit: 5)
        #expect(page.rows.map(\.id) == [4, 1, 3, 5, 2])
    }

    @Test("only tasks in a state") func states() {
        let page = Page(tasks: Self.tasks, in: .completed, order: TaskColumn.defaultOrder, limit: 5)
        #expect(page.rows.map(\.id) == [2, 4] && page.total == 2)
    }

    @Test("what ended tasks still hold") func ended() {
        let ended = EndedTasks(in: Self.tasks)
        #expect(ended.count == 2 && ended.liveBytes == 400 && ended.liveBlocks == 40)
    }
}
