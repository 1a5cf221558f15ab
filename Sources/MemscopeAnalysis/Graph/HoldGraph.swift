package import Tracking

/// Who keeps whom alive: the edges of a heap graph that hold their target, as compressed rows.
///
/// A quarter of the size of the nodes and half of the edges, so that what walks it in no order stays in the cache. A
/// block that refers to itself is in `loops` only.
package struct HoldGraph: Sendable {
    /// Set in a target when the edge can be part of a retain cycle.
    static let cycleBit: UInt32 = 1 << 31
    /// Of a target: the node.
    static let nodeMask = cycleBit - 1

    package let count: Int
    /// The edges of a node are `starts[node]..<starts[node + 1]`, in the order of their offsets.
    let starts: Column<UInt32>
    let targets: Column<UInt32>
    /// Nodes with a cycle edge to themselves.
    let loops: NodeSet
    let nodes: Column<HeapNode>
    private let edges: Column<HeapEdge>
    /// Objects that count no more strong references than known ones lead to them: what else points there owns nothing.
    private let accounted: NodeSet
    /// One per type of the graph, and one for nodes without a type.
    private let rules: [HoldRule]

    /// `runner` is an image whose async functions keep nothing of what is looked for, however old the words in their
    /// frames are; only large frames count, which have a block to themselves.
    ///
    /// - Precondition: fewer than 2^31 nodes.
    /// - Returns: Nil when the system refuses the memory.
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph, runner: String? = nil) {
        precondition(graph.count < Int(Self.cycleBit), "\(graph.count) blocks")
        (nodes, edges) = (Column(graph.nodes), Column(graph.edges))
        guard let starts = Column<UInt32>(count: graph.count + 1),
            let targets = Column<UInt32>(count: graph.edges.count),
            let loops = NodeSet(count: graph.count),
            let accounted = Self.accounted(nodes, edges, graph.types)
        else { return nil }
        self.accounted = accounted
        rules = graph.types.map { HoldRule(type: $0, runner: runner) } + [HoldRule(type: nil, runner: nil)]
        var filled = 0
        for node in 0..<graph.count {
            starts[node] = UInt32(filled)
            let rule = rules[min(Int(nodes[node].type), rules.count - 1)]
            guard nodes[node].size < rule.emptySize else { continue }
            for index in Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge) {
                let edge = edges[index]
                guard rule.holds(edge.kind, target: edge.to, in: nodes) else { continue }
                let isCycleEdge = rule.canClose(edge.kind) && (edge.kind == .strong || !accounted.contains(edge.to))
                if Int(edge.to) != node {
                    targets[filled] = edge.to | (isCycleEdge ? Self.cycleBit : 0)
                    filled += 1
                } else if isCycleEdge, edge.kind == .strong || graph.mayHoldItself(node, by: edge) {
                    _ = loops.insert(edge.to)
                }
            }
        }
        starts[graph.count] = UInt32(filled)
        (count, self.starts, self.targets, self.loops) = (graph.count, starts, targets, loops)
    }

    private static func accounted(
        _ nodes: Column<HeapNode>,
        _ edges: Column<HeapEdge>,
        _ types: [BlockType]
    ) -> NodeSet? {
        guard let known = Column<UInt32>(count: nodes.count), let accounted = NodeSet(count: nodes.count) else {
            return nil
        }
        for index in 0..<edges.count where edges[index].kind == .strong { known[edges[index].to] &+= 1 }
        let areObjects = types.map(\.kind.isSwiftObject) + [false]
        for node in 0..<UInt32(nodes.count) where areObjects[min(Int(nodes[node].type), types.count)] {
            guard let strong = ReferenceCounts(word: nodes[node].word1).strong else { continue }
            if strong <= Int(known[node]) { _ = accounted.insert(node) }
        }
        return accounted
    }

    @inline(__always) func isRooted(_ node: UInt32) -> Bool { nodes[node].root != HeapNode.none }

    /// Whether paths go through the block without naming it.
    func isStorage(_ node: UInt32) -> Bool { rule(of: node).isStorage }

    @inline(__always) private func rule(of node: UInt32) -> HoldRule {
        rules[min(Int(nodes[node].type), rules.count - 1)]
    }

    @inline(__always) func edges(of node: UInt32) -> Range<UInt32> { starts[node]..<starts[Int(node) + 1] }

    /// The first word of a block that holds another, or that can close a cycle with it.
    func edge(from node: UInt32, to target: UInt32, cyclesOnly: Bool) -> HeapEdge? {
        let rule = rule(of: node)
        for index in nodes[node].firstEdge..<nodes[Int(node) + 1].firstEdge where edges[index].to == target {
            let kind = edges[index].kind
            guard rule.holds(kind, target: target, in: nodes) else { continue }
            if !cyclesOnly || rule.canClose(kind) && (kind == .strong || !accounted.contains(target)) {
                return edges[index]
            }
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

/// Which kinds of edges that leave blocks of one type hold their target, and which can be part of a cycle.
struct HoldRule: Sendable {
    /// Whether words that are only known to be words count as strong references: those of Swift objects, whose
    /// layouts leave no word out that is a reference.
    private let infersStrong: Bool
    let isStorage: Bool
    /// Blocks of this size and larger hold nothing.
    let emptySize: UInt64

    init(type: BlockType?, runner: String?) {
        let isRunner = type?.kind == .c && type?.name == runner
        emptySize = isRunner ? 4096 : .max
        infersStrong = type?.kind.isSwiftObject == true
        isStorage = type?.isPassedThrough == true
    }

    @inline(__always) func holds(_ kind: EdgeKind, target: UInt32, in nodes: Column<HeapNode>) -> Bool {
        switch kind {
        case .conservative, .strong, .unmanaged, .sideTable: true
        case .unowned: ReferenceCounts(word: nodes[target].word1).mayBeDead
        case .weak, .ignored: false
        }
    }

    @inline(__always) func canClose(_ kind: EdgeKind) -> Bool {
        kind == .strong || kind == .conservative && infersStrong
    }
}

extension HeapGraph {
    /// Whether a word that is only known to be one can be a reference to the object it is part of.
    ///
    /// It seldom is in what the runtime makes, such as tasks, or where there is a tail: most often it says where that
    /// begins.
    fileprivate func mayHoldItself(_ node: Int, by edge: HeapEdge) -> Bool {
        guard !edge.isInterior, let kind = type(of: node)?.kind else { return false }
        switch kind {
        case .closure, .box: return true
        case .class: return layouts[Int(nodes[node].type)]?.elements(at: edge.offset) == nil
        default: return false
        }
    }
}
