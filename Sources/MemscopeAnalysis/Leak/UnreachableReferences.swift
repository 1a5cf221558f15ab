import Tracking

/// References between unreachable blocks: how many words refer to each block, and which tasks wait.
///
/// An unreachable task neither runs nor is about to run. If it has ended, its frames were freed and only references
/// count for it. While it waits, it counts one reference to itself, which is taken over by the code that resumes it.
struct UnreachableReferences {
    /// The tasks that wait to be resumed, in ascending order.
    private(set) var waitingTasks: [UInt32] = []
    /// The tasks to which another unreachable task refers; a waiting task among them waits for that other task.
    private let awaiting: NodeSet
    private let waiting: NodeSet
    /// For each node, the lower half counts strong references from unreachable blocks, the upper half words that may be
    /// references.
    private let counts: Column<UInt32>

    private static let limit: UInt32 = 0xFFFF

    /// Reads the references of all blocks that are not in `kept`; nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges of unreachable blocks).
    init?(_ graph: HeapGraph, kept: NodeSet) {
        guard let counts = Column<UInt32>(count: graph.count), let waiting = NodeSet(count: graph.count),
            let awaiting = NodeSet(count: graph.count)
        else { return nil }
        (self.counts, self.waiting, self.awaiting) = (counts, waiting, awaiting)
        let nodes = Column(graph.nodes)
        let edges = Column(graph.edges)
        let areTasks = graph.types.map { $0.kind == .task && $0.name == "Task" } + [false]
        func isTask(_ node: UInt32) -> Bool { areTasks[min(Int(nodes[node].type), areTasks.count - 1)] }
        var tasks: [UInt32] = []
        for node in 0..<UInt32(graph.count) where !kept.contains(node) {
            let isTaskNode = isTask(node)
            if isTaskNode { tasks.append(node) }
            for index in nodes[node].firstEdge..<nodes[Int(node) + 1].firstEdge {
                let target = edges[index].to
                count(edges[index].kind, of: target)
                if isTaskNode, target != node, isTask(target) { _ = awaiting.insert(target) }
            }
        }
        for task in tasks where waits(task, graph) {
            waitingTasks.append(task)
            _ = waiting.insert(task)
        }
    }

    private func count(_ kind: EdgeKind, of target: UInt32) {
        let known = counts[target]
        if kind == .strong, known & Self.limit < Self.limit { counts[target] = known + 1 }
        if kind == .conservative, known >> 16 < Self.limit { counts[target] = known + 1 << 16 }
    }

    /// Whether a task waits: it counts more references than there are, and it still has frames, which are in blocks of
    /// its own until it ends.
    private func waits(_ task: UInt32, _ graph: HeapGraph) -> Bool {
        guard let strong = ReferenceCountWord(graph.nodes[Int(task)].word1).strong,
            strong > Int(counts[task] & Self.limit)
        else { return false }
        return graph.edges(of: Int(task)).contains { graph.type(of: Int(graph.edges[$0].to))?.kind == .c }
    }

    func isWaiting(_ node: UInt32) -> Bool { waiting.contains(node) }

    /// Whether the task waits for another task.
    func isAwaitingTask(_ node: UInt32) -> Bool { awaiting.contains(node) }

    /// The number of words in unreachable blocks, the block itself included, that are or may be references to it.
    func referrers(of node: UInt32) -> Int { Int(counts[node] & Self.limit) + Int(counts[node] >> 16) }
}
