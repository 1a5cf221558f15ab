// The words in which users read what a task is; the names are those of Swift's runtime.

extension MemScope {
    /// The state of a Swift task.
    public enum TaskState: String, Sendable, Hashable, CaseIterable, Codable {
        /// A thread runs it.
        case running
        /// It could run, and waits for a thread.
        case enqueued
        /// It waits for something.
        case suspended
        /// Its code has ended.
        case completed
    }

    /// How a Swift task was made; later versions may add kinds.
    public enum TaskKind: String, Sendable, Hashable, CaseIterable, Codable {
        /// By `Task { }`, `Task.detached { }`, or as the program's main task. The runtime does not keep which.
        case unstructured
        /// As a child task, by a task group.
        case groupChild
        /// As a child task, by `async let`.
        case asyncLet
    }
}

package typealias TaskState = MemScope.TaskState
package typealias TaskKind = MemScope.TaskKind
