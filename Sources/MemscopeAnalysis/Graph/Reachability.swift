package import Tracking

/// Blocks that have something in common.
package struct BlockSum: Sendable, Hashable {
    package var blocks = 0
    package var bytes: UInt64 = 0

    package init(blocks: Int = 0, bytes: UInt64 = 0) {
        (self.blocks, self.bytes) = (blocks, bytes)
    }
}

private func + (left: BlockSum, right: BlockSum) -> BlockSum {
    BlockSum(blocks: left.blocks + right.blocks, bytes: left.bytes + right.bytes)
}

/// What roots keep alive.
package struct Reachability: Sendable {
    /// Blocks that a root holds, directly or not, and the suspects.
    package let kept: NodeSet
    /// Blocks that no root holds here, but whose being lost was not confirmed, and what they hold.
    package let suspects: NodeSet
    package let suspectBlocks: Int
    package let suspectBytes: UInt64
    /// Blocks that roots hold, by how much their firmest root proves; what they hold counts with them.
    private let held: [BlockSum]
    /// Of `kept` what does not hang on the single words of stacks and registers.
    let proven: NodeSet
    /// How many blocks neither a root nor a suspect holds.
    package let leakedBlocks: Int

    /// Floods the graph from its roots; nil when the system refuses the memory.
    ///
    /// `isConfirmed` says whether a block that nothing holds was lost in another scan too. What was not is a suspect: a
    /// thread may have had its only reference in a register.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph, _ holds: HoldGraph, isConfirmed: (Int) -> Bool = { _ in true }) {
        guard let kept = NodeSet(count: graph.count), let suspects = NodeSet(count: graph.count),
            let queue = Column<UInt32>(count: graph.count)
        else { return nil }
        var filled = 0
        var held: [BlockSum] = []
        var proven = kept
        for firmness in Firmness.allCases {
            let before = filled
            if firmness == .word {
                guard let copy = kept.copy() else { return nil }
                proven = copy
            }
            for index in 0..<graph.roots.count where Firmness(graph.roots[index]) == firmness {
                let node = graph.roots[index].to
                guard kept.insert(node) else { continue }
                queue[filled] = node
                filled += 1
            }
            filled = holds.flood(queue, filled: filled, seen: kept, from: before)
            held.append(holds.sum(of: queue, before..<filled))
        }
        let rooted = filled
        if rooted < graph.count {
            for node in 0..<UInt32(graph.count) where !kept.contains(node) && !isConfirmed(Int(node)) {
                queue[filled] = node
                filled += 1
            }
            for index in rooted..<filled { _ = kept.insert(queue[index]) }
            filled = holds.flood(queue, filled: filled, seen: kept, from: rooted)
        }
        for index in rooted..<filled { _ = suspects.insert(queue[index]) }
        let unconfirmed = holds.sum(of: queue, rooted..<filled)
        (self.kept, self.suspects, self.held) = (kept, suspects, held)
        self.proven = proven
        (suspectBlocks, suspectBytes) = (unconfirmed.blocks, unconfirmed.bytes)
        leakedBlocks = graph.count - filled
    }

    /// Blocks that only words on stacks and in registers hold: locals of functions that run, or what calls left behind.
    package var stackHeld: BlockSum { held[Firmness.stack.rawValue] + stackSuspects }

    /// Those of them that hang on blocks to which one word alone leads.
    package var stackSuspects: BlockSum { held[Firmness.word.rawValue] }

    /// Blocks that only the kernel holds, or the kernel and stacks.
    package var kernelHeld: BlockSum { held[Firmness.kernel.rawValue] }

    /// Whether the block hangs on blocks to which one word of a stack or register alone leads.
    package func isStackSuspect(_ node: UInt32) -> Bool { isReachable(Int(node)) && !proven.contains(node) }

    /// Whether a root holds the block.
    package func isReachable(_ node: Int) -> Bool { kept.contains(node) && !suspects.contains(node) }
}

/// How much a root proves, most first.
private enum Firmness: Int, CaseIterable {
    case firm, kernel, stack, word

    init(_ root: HeapRoot) {
        switch root.kind {
        case .global, .internal, .mapping, .thread: self = .firm
        case .kernel: self = .kernel
        case .stack, .register: self = root.words > 1 ? .stack : .word
        }
    }
}

extension HoldGraph {
    fileprivate func sum(of queue: Column<UInt32>, _ range: Range<Int>) -> BlockSum {
        BlockSum(blocks: range.count, bytes: range.reduce(0) { $0 + nodes[queue[$1]].size })
    }
}
