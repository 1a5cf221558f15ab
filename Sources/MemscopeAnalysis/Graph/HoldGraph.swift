package import Tracking

/// Who keeps whom alive: the edges of a heap graph that hold their target, as compressed rows.
///
/// A quarter of the size of the nodes and half of the edges, so that what walks it in no order stays in the cache. A
/// block that refers to itself is in `loops` only.
package struct HoldGraph: Sendable {
    /// Set in a target when the edge can be part of a retain cycle.
    static let cycleBit: UInt32 = 1 << 31
    /// Set in a target when the word is in a frame of an async function: its variable, or what an earlier call left.
    static let looseBit: UInt32 = 1 << 30
    /// Set in a target when nobody can tell whether the word is one of the references that the target counts.
    static let contestedBit: UInt32 = 1 << 29
    /// Of a target: the node.
    static let nodeMask = contestedBit - 1

    package let count: Int
    /// The edges of a node are `starts[node]..<starts[node + 1]`, in the order of their offsets.
    let starts: Column<UInt32>
    let targets: Column<UInt32>
    /// Nodes with a cycle edge to themselves.
    let loops: NodeSet
    let nodes: Column<HeapNode>
    private let edges: Column<HeapEdge>
    private let accounted: AccountedBlocks
    /// Blocks that roots hold.
    private let rooted: NodeSet
    /// One per type of the graph, and one for nodes without a type.
    private let rules: [HoldRule]

    /// `runner` is an image whose async functions keep nothing of what is looked for, however old the words in their
    /// frames are; only large frames count, which have a block to themselves.
    ///
    /// - Precondition: fewer than 2^29 nodes.
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
                } else if EdgeUse.keptCycles.includes(target),
                    edge.kind == .strong || graph.mayHoldItself(node, by: edge)
                {
                    _ = loops.insert(edge.to)
                }
            }
        }
        starts[graph.count] = UInt32(filled)
        (count, self.starts, self.targets, self.loops) = (graph.count, starts, targets, loops)
    }

    /// Of an edge that can be part of a cycle.
    @inline(__always) private static func cycleBits(
        _ edge: HeapEdge,
        _ accounted: AccountedBlocks,
        isTimerOfTask: Bool
    ) -> UInt32 {
        if edge.kind == .strong { return cycleBit }
        let isContested = isTimerOfTask || accounted.isContested(edge.to)
        return (accounted.contains(edge.to) ? 0 : cycleBit) | (isContested ? contestedBit : 0)
    }

    /// A word on a stack, in a register or in memory of MemScope's own holds no object whose references are known.
    ///
    /// It was borrowed from one who owns it, and who holds it as long as the word is of use, or it was left there.
    private static func blocksHeldByRoots(_ graph: HeapGraph, _ accounted: AccountedBlocks) -> NodeSet? {
        guard let rooted = NodeSet(count: graph.count) else { return nil }
        for index in 0..<graph.roots.count {
            let root = graph.roots[index]
            let isLoose = Firmness(root) == .word
            if !isLoose || !accounted.isBorrowed(root.to) { _ = rooted.insert(root.to) }
        }
        return rooted
    }

    /// Whether a root holds the block itself.
    @inline(__always) func isRooted(_ node: UInt32) -> Bool { rooted.contains(node) }

    /// Whether words of stacks and frames hold the block only because it is young: one that refers to itself may be one
    /// that is being made, for `timeToMake`.
    package func isHeldAsYoung(_ node: UInt32) -> Bool { accounted.isBorrowedLater(node) }

    /// How long an object may take to be made, in nanoseconds.
    package static var timeToMake: UInt64 { AccountedBlocks.timeToMake }

    /// Whether paths go through the block without naming it.
    func isStorage(_ node: UInt32) -> Bool { rule(of: node).isStorage }

    @inline(__always) private func rule(of node: UInt32) -> HoldRule {
        rules[min(Int(nodes[node].type), rules.count - 1)]
    }

    @inline(__always) func edges(of node: UInt32) -> Range<UInt32> { starts[node]..<starts[Int(node) + 1] }

    /// The first word of a block that leads to another and is of use.
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
    /// The queue has `filled` nodes, which are in `seen` already; those before `first` were looked at. `enter` is told
    /// of each new node and of the one that holds it.
    ///
    /// - Returns: How many nodes the queue has then, in breadth-first order.
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

/// What edges are looked at for.
enum EdgeUse {
    /// What keeps what alive.
    case holding
    /// Retain cycles that no root holds. Nothing outside of them leads in: so no word is there by chance.
    case lostCycles
    /// Retain cycles that a root holds.
    case keptCycles

    static func cycles(isKept: Bool) -> EdgeUse { isKept ? .keptCycles : .lostCycles }

    /// Whether an edge with these bits in its target is one.
    @inline(__always) func includes(_ target: UInt32) -> Bool {
        switch self {
        case .holding: true
        case .lostCycles: target & HoldGraph.cycleBit != 0
        case .keptCycles: target & (HoldGraph.cycleBit | HoldGraph.contestedBit) == HoldGraph.cycleBit
        }
    }
}

/// Which kinds of edges that leave blocks of one type hold their target, and which can be part of a cycle.
struct HoldRule: Sendable {
    /// Whether words that are only known to be words count as strong references where they lead to the start of an
    /// object: those of Swift objects, whose layouts leave no word out that is a reference.
    private let infersStrong: Bool
    let isStorage: Bool
    /// Whether the words that are only known to be words are those of frames.
    ///
    /// A task that sleeps often has an old one that leads to a timer, which has the task: no cycle as long as something
    /// else holds the timer.
    let isTask: Bool
    let isDispatch: Bool
    /// Blocks of this size and larger hold nothing.
    let emptySize: UInt64
    /// Words from this offset on are those of frames.
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
    /// Whether a word that is only known to be one can be a reference to the object it is part of.
    ///
    /// It seldom is in what the runtime makes, such as tasks, or where there is a tail: most often it says where that
    /// begins.
    fileprivate func mayHoldItself(_ node: Int, by edge: HeapEdge) -> Bool {
        guard let kind = type(of: node)?.kind else { return false }
        switch kind {
        case .closure, .box: return true
        case .class: return layouts[Int(nodes[node].type)]?.elements(at: edge.offset) == nil
        default: return false
        }
    }
}
