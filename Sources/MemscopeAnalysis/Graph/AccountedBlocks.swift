import Tracking

/// Blocks that count no more references than known ones lead to them: any other word that leads there owns nothing.
struct AccountedBlocks: Sendable {
    private let blocks: NodeSet

    /// Nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges).
    init?(_ nodes: Column<HeapNode>, _ edges: Column<HeapEdge>, _ types: [BlockType]) {
        guard let known = Column<UInt32>(count: nodes.count), let blocks = NodeSet(count: nodes.count) else {
            return nil
        }
        let counts = types.map(CountKind.init) + [.none]
        let last = types.count
        for node in 0..<nodes.count - 1 {
            let owner = counts[min(Int(nodes[node].type), last)]
            for index in nodes[node].firstEdge..<nodes[node + 1].firstEdge where edges[index].kind == .strong {
                let target = edges[index].to
                // What libdispatch's own memory refers to is counted apart.
                if owner != .object, counts[min(Int(nodes[target].type), last)] == .dispatch { continue }
                known[target] &+= 1
            }
        }
        for node in 0..<UInt32(nodes.count) {
            let kind = counts[min(Int(nodes[node].type), last)]
            guard let count = kind.references(word: nodes[node].word1), count > 0 else { continue }
            if count <= Int(known[node]) { _ = blocks.insert(node) }
        }
        self.blocks = blocks
    }

    @inline(__always) func contains(_ node: UInt32) -> Bool { blocks.contains(node) }
}

/// Where a block counts its references.
private enum CountKind {
    case object, block, dispatch, single, none

    init(_ type: BlockType) {
        switch type.kind {
        case _ where type.kind.isSwiftObject: self = .object
        case .block: self = .block
        case .dispatch where type.hasOneOwner: self = .single
        case .dispatch: self = .dispatch
        default: self = .none
        }
    }

    /// How many references the second word of a live block counts; nil where that cannot be told.
    func references(word: UInt64) -> Int? {
        switch self {
        case .object:
            let counts = ReferenceCounts(word: word)
            return counts.isDead == false ? counts.strong : nil
        // Bits 1 to 15 of a literal's flags; all of them when it is never freed.
        case .block: return word & 0xFFFE == 0xFFFE ? nil : Int(word & 0xFFFE) >> 1
        // Those of the program, less one, are in the upper half.
        case .dispatch: return Int(Int32(truncatingIfNeeded: word >> 32)) + 1
        case .single: return 1
        case .none: return nil
        }
    }
}
