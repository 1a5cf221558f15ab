import Tracking

/// Blocks whose references are all known: the reference count is not larger than the number of known references, so any
/// other word that points to the block owns nothing.
struct AccountedBlocks: Sendable {
    /// After this time, in nanoseconds, an object is no longer under construction.
    static let timeToMake: UInt64 = 1_000_000_000

    private let blocks: NodeSet
    /// Blocks that have a reference which may just have been released.
    private let unsettled: NodeSet
    /// Blocks that refer to themselves and are so young that this reference may be an old word.
    private let young: NodeSet
    /// Blocks with more words that point to them than counted references: some of the words are no references, and it
    /// is not known which.
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
            // A variable owns the block that it refers to.
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
                    // The references from libdispatch's own memory are counted separately.
                    case .strong: owner.isObject || kind(of: edge.to) != .dispatch
                    case .conservative: owner.ownsFrames && !edge.isInterior && kind(of: edge.to) == .frames
                    // In a dead object, the strong references have this kind.
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

    /// Whether not even a running or waiting function can own the block.
    ///
    /// A function that destroys elements or fields in place, or moves them out, has an address inside of their block;
    /// that block may still contain words whose references were released. An object under construction has old words in
    /// its fields; such a word can at worst point to the object itself.
    @inline(__always) func isBorrowed(_ node: UInt32) -> Bool {
        blocks.contains(node) && !unsettled.contains(node) && !young.contains(node)
    }

    /// Whether the block will be borrowed once it is too old to be under construction.
    func isBorrowedLater(_ node: UInt32) -> Bool {
        blocks.contains(node) && !unsettled.contains(node) && young.contains(node)
    }
}

extension HeapGraph {
    fileprivate func isYoung(_ node: UInt32) -> Bool {
        origin(of: Int(node)).birth &+ AccountedBlocks.timeToMake > circumstances.takenAt
    }
}

/// Where a block keeps its reference count.
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

    /// Whether the block owns blocks with frames: these belong to a task, or form a list.
    var ownsFrames: Bool { self == .task || self == .frames }

    /// The reference count in the second word of a live block; nil when it is not known.
    func references(word: UInt64) -> Int? {
        switch self {
        case .object, .task:
            let counts = ReferenceCountWord(word)
            return counts.isDead == false ? counts.strong : nil
        // Bits 1 to 15 of a literal's flags; all of them are set when the literal is never freed.
        case .block: return word & 0xFFFE == 0xFFFE ? nil : Int(word & 0xFFFE) >> 1
        // The program's references, less one, are in the upper half.
        case .dispatch: return Int(Int32(truncatingIfNeeded: word >> 32)) + 1
        case .single, .frames: return 1
        case .none: return nil
        }
    }
}
