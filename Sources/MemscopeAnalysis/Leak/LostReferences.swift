import Tracking

/// What lost blocks know of one another: how many words refer to each, and which tasks wait.
///
/// A task that nothing reaches neither runs nor is about to. It may have ended, but then its own memory is gone, and
/// only references count for it; while it waits it counts for one itself, as what resumes it takes that over.
struct LostReferences {
    /// Tasks that wait for somebody to resume them, ascending.
    private(set) var waitingTasks: [UInt32] = []
    /// Of those, such as another lost task refers to: that is what they wait for.
    private let awaiting: NodeSet
    private let waiting: NodeSet
    /// Per node the lower half counts strong references of lost blocks, the upper one words that may be some.
    private let counts: Column<UInt32>

    private static let limit: UInt32 = 0xFFFF

    /// Looks at the references of all that is not in `kept`; nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges of lost ones).
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

    /// Its frames are in blocks of its own, until it ends.
    private func waits(_ task: UInt32, _ graph: HeapGraph) -> Bool {
        guard let strong = ReferenceCountWord(graph.nodes[Int(task)].word1).strong,
            strong > Int(counts[task] & Self.limit)
        else { return false }
        return graph.edges(of: Int(task)).contains { graph.type(of: Int(graph.edges[$0].to))?.kind == .c }
    }

    func isWaiting(_ node: UInt32) -> Bool { waiting.contains(node) }

    /// Whether what the task waits for is another task.
    func isAwaitingTask(_ node: UInt32) -> Bool { awaiting.contains(node) }

    /// Words of lost blocks, its own among them, that are or may be references.
    func referrers(of node: UInt32) -> Int { Int(counts[node] & Self.limit) + Int(counts[node] >> 16) }
}
