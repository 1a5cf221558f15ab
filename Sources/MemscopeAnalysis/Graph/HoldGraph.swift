package import Tracking

/// The edges of a heap graph that hold their target, as compressed rows.
///
/// It has a quarter of the size of the nodes and half of the size of the edges, so that algorithms which visit it in
/// random order run in the cache. A block that refers to itself is only in `loops`.
package struct HoldGraph: Sendable {
    /// This bit is set in a target when the edge can be part of a retain cycle.
    static let cycleBit: UInt32 = 1 << 31
    /// This bit is set in a target when the word is in a frame of an async function: a variable, or a value left by an
    /// earlier call.
    static let looseBit: UInt32 = 1 << 30
    /// This bit is set in a target when it is not known whether the word is one of the references that the target
    /// counts.
    static let contestedBit: UInt32 = 1 << 29
    /// The part of a target that is the node.
    static let nodeMask = contestedBit - 1

    package let count: Int
    /// The edges of a node are `starts[node]..<starts[node + 1]`, in the order of their offsets.
    let starts: Column<UInt32>
    let targets: Column<UInt32>
    /// Nodes with an edge to themselves that can be part of a cycle.
    let loops: NodeSet
    let nodes: Column<HeapNode>
    private let edges: Column<HeapEdge>
    private let accounted: AccountedBlocks
    /// The blocks that roots hold.
    private let rooted: NodeSet
    /// One rule for each type of the graph, and a last one for nodes without a type.
    private let rules: [HoldRule]

    /// Builds the graph.
    ///
    /// `runner` is an image whose async functions keep nothing that the caller searches for, however old the words in
    /// their frames are; only large frames are ignored, which have a block of their own.
    ///
    /// - Precondition: The graph has fewer than 2^29 nodes.
    /// - Returns: Nil when the system refuses the memory.
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph, runner: String? = nil) {
        precondition(graph.count < Int(Self.contestedBit), "\(graph.count) blocks")
        (nodes, edges) = (Column(graph.nodes), Column(graph.edges))
        guard let starts = Column<UInt32>(count: graph.count + 1),
            let targets = Column<UInt32>(count: graph.edges.count),
            let loops = NodeSet(count: graph.count),
            let empty = EmptyObjects(graph),
            let accounted = AccountedBlocks(graph),
            let rooted = Self.blocksHeldByRoots(graph, accounted)
        else { return nil }
        (self.accounted, self.rooted) = (accounted, rooted)
        let known = zip(graph.types, graph.layouts).map { HoldRule(type: $0, layout: $1, runner: runner) }
        rules = known + [HoldRule(type: nil, layout: nil, runner: nil)]
        var filled = 0
        for node in 0..<graph.count {
            starts[node] = UInt32(filled)
            let rule = rules[min(Int(nodes[node].type), rules.count - 1)]
            guard nodes[node].size < rule.emptySize else { continue }
            let isEmpty = empty.contains(UInt32(node))
            for index in Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge) {
                let edge = edges[index]
                if isEmpty, edge.kind != .sideTable { continue }
                let isLoose = edge.offset >= rule.framesStart
                guard rule.holds(edge.kind, target: edge.to, in: nodes), !isLoose || !accounted.isBorrowed(edge.to)
                else { continue }
                var target = edge.to | (isLoose ? Self.looseBit : 0)
                let isTimer = rule.isTask && rules[min(Int(nodes[edge.to].type), rules.count - 1)].isDispatch
                if rule.canClose(edge) { target |= Self.cycleBits(edge, accounted, isTimerOfTask: isTimer) }
                if Int(edge.to) != node {
                    targets[filled] = target
                    filled += 1
                } else if EdgeUse.reachableCycles.includes(target),
                    edge.kind == .strong || graph.mayHoldItself(node, by: edge)
                {
                    _ = loops.insert(edge.to)
                }
            }
        }
        starts[graph.count] = UInt32(filled)
        (count, self.starts, self.targets, self.loops) = (graph.count, starts, targets, loops)
    }

    /// The bits for an edge that can be part of a cycle.
    @inline(__always) private static func cycleBits(
        _ edge: HeapEdge,
        _ accounted: AccountedBlocks,
        isTimerOfTask: Bool
    ) -> UInt32 {
        if edge.kind == .strong { return cycleBit }
        let isContested = isTimerOfTask || accounted.isContested(edge.to)
        return (accounted.contains(edge.to) ? 0 : cycleBit) | (isContested ? contestedBit : 0)
    }

    /// The blocks that roots hold, without accounted blocks that only loose words point to.
    ///
    /// A loose word is on a stack, in a register, or in MemScope's own memory. If all references of its target are
    /// known, the word was borrowed from an owner, which holds the block as long as the word is used, or it is an old
    /// value.
    private static func blocksHeldByRoots(_ graph: HeapGraph, _ accounted: AccountedBlocks) -> NodeSet? {
        guard let rooted = NodeSet(count: graph.count) else { return nil }
        for index in 0..<graph.roots.count {
            let root = graph.roots[index]
            let isLoose = Firmness(root) == .word
            if !isLoose || !accounted.isBorrowed(root.to) { _ = rooted.insert(root.to) }
        }
        return rooted
    }

    /// Whether a root holds the block directly.
    @inline(__always) func isRooted(_ node: UInt32) -> Bool { rooted.contains(node) }

    /// Whether words of stacks and frames hold the block only because it is young: a block that refers to itself may be
    /// under construction, for `timeToMake`.
    package func isHeldAsYoung(_ node: UInt32) -> Bool { accounted.isBorrowedLater(node) }

    /// The longest time for which an object may be under construction, in nanoseconds.
    package static var timeToMake: UInt64 { AccountedBlocks.timeToMake }

    /// Whether paths go through the block without naming it.
    func isStorage(_ node: UInt32) -> Bool { rule(of: node).isStorage }

    @inline(__always) private func rule(of node: UInt32) -> HoldRule {
        rules[min(Int(nodes[node].type), rules.count - 1)]
    }

    @inline(__always) func edges(of node: UInt32) -> Range<UInt32> { starts[node]..<starts[Int(node) + 1] }

    /// The first word of a block that leads to the target and is included in the use.
    func edge(from node: UInt32, to target: UInt32, for use: EdgeUse) -> HeapEdge? {
        let rule = rule(of: node)
        let isTimer = rule.isTask && self.rule(of: target).isDispatch
        for index in nodes[node].firstEdge..<nodes[Int(node) + 1].firstEdge where edges[index].to == target {
            let edge = edges[index]
            guard rule.holds(edge.kind, target: target, in: nodes) else { continue }
            let bits = rule.canClose(edge) ? Self.cycleBits(edge, accounted, isTimerOfTask: isTimer) : 0
            if use.includes(bits) { return edge }
        }
        return nil
    }

    /// Adds everything that nodes of a queue hold, directly or not, to the queue and to `seen`.
    ///
    /// The queue has `filled` nodes, all of them in `seen`; those before `first` were processed already. `enter` is
    /// called with each new node and the node that holds it.
    ///
    /// - Returns: The number of nodes in the queue afterwards; they are in breadth-first order.
    @inline(__always) func flood(
        _ queue: Column<UInt32>,
        filled: Int,
        seen: NodeSet,
        from first: Int = 0,
        enter: (UInt32, UInt32) -> Void = { _, _ in }
    ) -> Int {
        var next = first
        var filled = filled
        while next < filled {
            let node = queue[next]
            next += 1
            for index in edges(of: node) {
                let target = targets[index] & Self.nodeMask
                if seen.insert(target) {
                    enter(target, node)
                    queue[filled] = target
                    filled += 1
                }
            }
        }
        return filled
    }
}

/// The purpose for which edges are followed.
enum EdgeUse {
    /// To find out which blocks keep which blocks alive.
    case holding
    /// To find retain cycles that no root holds. No edge leads into them from outside, so no word in them points there
    /// by chance.
    case unreachableCycles
    /// To find retain cycles that a root holds.
    case reachableCycles

    static func cycles(isKept: Bool) -> EdgeUse { isKept ? .reachableCycles : .unreachableCycles }

    /// Whether an edge with these bits in its target serves the purpose.
    @inline(__always) func includes(_ target: UInt32) -> Bool {
        switch self {
        case .holding: true
        case .unreachableCycles: target & HoldGraph.cycleBit != 0
        case .reachableCycles: target & (HoldGraph.cycleBit | HoldGraph.contestedBit) == HoldGraph.cycleBit
        }
    }
}

/// Which kinds of edges from blocks of one type hold their target, and which edges can be part of a cycle.
struct HoldRule: Sendable {
    /// Whether words of unknown meaning count as strong references where they point to the start of an object: those in
    /// Swift objects, because the layouts of these leave out no word that is a reference.
    private let infersStrong: Bool
    let isStorage: Bool
    /// Whether the block is a task, whose words of unknown meaning are those of frames.
    ///
    /// A task that sleeps often has an old word that points to a timer, and the timer holds the task: this is no cycle
    /// while something else holds the timer.
    let isTask: Bool
    let isDispatch: Bool
    /// Blocks of this size and larger hold nothing.
    let emptySize: UInt64
    /// Words at this offset and above are those of frames.
    let framesStart: UInt64

    init(type: BlockType?, layout: BlockLayout?, runner: String?) {
        framesStart = layout.flatMap { $0.hasFrames ? $0.tail?.start : nil } ?? .max
        let isRunner = runner.map { type == .taskFrames(of: $0) } == true
        emptySize = isRunner ? 4096 : .max
        isTask = type?.kind == .task
        isDispatch = type?.kind == .dispatch
        infersStrong = type?.kind.isSwiftObject == true
        isStorage = type?.isPassedThrough == true
    }

    @inline(__always) func holds(_ kind: EdgeKind, target: UInt32, in nodes: Column<HeapNode>) -> Bool {
        switch kind {
        case .conservative, .strong, .unmanaged, .sideTable: true
        case .unowned: ReferenceCountWord(nodes[target].word1).mayBeDead
        case .weak, .ignored: false
        }
    }

    @inline(__always) func canClose(_ edge: HeapEdge) -> Bool {
        edge.kind == .strong || edge.kind == .conservative && infersStrong && !edge.isInterior
    }
}

extension HeapGraph {
    /// Whether a word of unknown meaning can be a reference to the object that contains it.
    ///
    /// This is rare in objects that the runtime makes, such as tasks, and in objects with a tail: there the word
    /// usually points to the start of the tail.
    fileprivate func mayHoldItself(_ node: Int, by edge: HeapEdge) -> Bool {
        guard let kind = type(of: node)?.kind else { return false }
        switch kind {
        case .closure, .box: return true
        case .class: return layouts[Int(nodes[node].type)]?.elements(at: edge.offset) == nil
        default: return false
        }
    }
}
