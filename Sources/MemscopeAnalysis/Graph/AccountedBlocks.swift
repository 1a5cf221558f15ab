import Tracking

/// Blocks that count no more references than known ones lead to them: any other word that leads there owns nothing.
struct AccountedBlocks: Sendable {
    /// How old an object is that nobody makes any more, in nanoseconds.
    static let timeToMake: UInt64 = 1_000_000_000

    private let blocks: NodeSet
    /// Blocks to which a reference leads that may just have been released.
    private let unsettled: NodeSet
    /// Blocks that refer to themselves, and that are so young that the reference may be an old word.
    private let young: NodeSet
    /// Blocks to which more words lead than they count references: some of the words are none, and nobody knows which.
    private let contested: NodeSet

    /// Nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges).
    init?(_ graph: HeapGraph) {
        let (nodes, edges) = (Column(graph.nodes), Column(graph.edges))
        guard let known = Column<UInt32>(count: nodes.count), let blocks = NodeSet(count: nodes.count),
            let unsettled = NodeSet(count: nodes.count), let changing = NodeSet(count: nodes.count),
            let young = NodeSet(count: nodes.count), let contested = NodeSet(count: nodes.count),
            let unexplained = Column<UInt32>(count: nodes.count)
        else { return nil }
        let counts = zip(graph.types, graph.layouts).map(CountKind.init) + [.none]
        let last = graph.types.count
        func kind(of node: UInt32) -> CountKind { counts[min(Int(nodes[node].type), last)] }
        for index in 0..<graph.roots.count {
            let root = graph.roots[index]
            if root.leadsInside { _ = changing.insert(root.to) }
            // A variable owns what it refers to.
            if root.kind == .global || root.kind == .thread { known[root.to] = 1 }
        }
        for node in 0..<UInt32(graph.count) where kind(of: node) == .frames {
            for index in nodes[node].firstEdge..<nodes[node + 1].firstEdge where edges[index].isInterior {
                _ = changing.insert(edges[index].to)
            }
        }
        for node in 0..<UInt32(graph.count) {
            let owner = kind(of: node)
            let isDead = owner.isObject && ReferenceCountWord(nodes[node].word1).isDead == true
            let isChanging = isDead || changing.contains(node)
            for index in nodes[node].firstEdge..<nodes[node + 1].firstEdge {
                let edge = edges[index]
                let isKnown =
                    switch edge.kind {
                    // What libdispatch's own memory refers to is counted apart.
                    case .strong: owner.isObject || kind(of: edge.to) != .dispatch
                    case .conservative: owner.ownsFrames && !edge.isInterior && kind(of: edge.to) == .frames
                    // Of a dead object, that is what its strong references are.
                    case .unmanaged: isDead
                    default: false
                    }
                guard isKnown else {
                    if edge.kind == .conservative, !edge.isInterior { unexplained[edge.to] &+= 1 }
                    continue
                }
                known[edge.to] &+= 1
                if isChanging { _ = unsettled.insert(edge.to) }
                if edge.to == node, graph.isYoung(node) { _ = young.insert(node) }
            }
        }
        for node in 0..<UInt32(graph.count) {
            guard let count = kind(of: node).references(word: nodes[node].word1), count > 0 else { continue }
            if count <= Int(known[node]) { _ = blocks.insert(node) }
            if count < Int(known[node]) + Int(unexplained[node]) { _ = contested.insert(node) }
        }
        (self.blocks, self.unsettled, self.young, self.contested) = (blocks, unsettled, young, contested)
    }

    @inline(__always) func contains(_ node: UInt32) -> Bool { blocks.contains(node) }

    @inline(__always) func isContested(_ node: UInt32) -> Bool { contested.contains(node) }

    /// Whether not even a function that runs or waits can own the block.
    ///
    /// One that destroys elements or fields in place, or takes them out, has an address inside of their block, in which
    /// words may remain whose references were released. An object that is being made has old words in its fields, which
    /// at worst lead to itself.
    @inline(__always) func isBorrowed(_ node: UInt32) -> Bool {
        blocks.contains(node) && !unsettled.contains(node) && !young.contains(node)
    }

    /// Whether the block will be borrowed once it is too old to be one that is being made.
    func isBorrowedLater(_ node: UInt32) -> Bool {
        blocks.contains(node) && !unsettled.contains(node) && young.contains(node)
    }
}

extension HeapGraph {
    fileprivate func isYoung(_ node: UInt32) -> Bool {
        origin(of: Int(node)).birth &+ AccountedBlocks.timeToMake > circumstances.takenAt
    }
}

/// Where a block counts its references.
private enum CountKind {
    case object, task, frames, block, dispatch, single, none

    init(_ type: BlockType, _ layout: BlockLayout?) {
        switch type.kind {
        case .task: self = .task
        case _ where layout?.hasFrames == true: self = .frames
        case _ where type.kind.isSwiftObject: self = .object
        case .block: self = .block
        case .dispatch where type.hasOneOwner: self = .single
        case .dispatch: self = .dispatch
        default: self = .none
        }
    }

    var isObject: Bool { self == .object || self == .task }

    /// Blocks with frames belong to a task, or follow one another.
    var ownsFrames: Bool { self == .task || self == .frames }

    /// How many references the second word of a live block counts; nil where that cannot be told.
    func references(word: UInt64) -> Int? {
        switch self {
        case .object, .task:
            let counts = ReferenceCountWord(word)
            return counts.isDead == false ? counts.strong : nil
        // Bits 1 to 15 of a literal's flags; all of them when it is never freed.
        case .block: return word & 0xFFFE == 0xFFFE ? nil : Int(word & 0xFFFE) >> 1
        // Those of the program, less one, are in the upper half.
        case .dispatch: return Int(Int32(truncatingIfNeeded: word >> 32)) + 1
        case .single, .frames: return 1
        case .none: return nil
        }
    }
}
