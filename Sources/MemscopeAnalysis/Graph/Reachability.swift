package import Tracking

/// The number and the bytes of some blocks.
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

/// The blocks that roots keep alive.
package struct Reachability: Sendable {
    /// The blocks that a root holds, directly or not, and the suspects.
    package let kept: NodeSet
    /// Blocks that no root holds in this scan, but that another scan did not confirm as unreachable, and what they
    /// hold.
    package let suspects: NodeSet
    package let suspectBlocks: Int
    package let suspectBytes: UInt64
    /// The blocks that roots hold, by the firmness of their firmest root; a block has the firmness of the block that
    /// holds it.
    private let held: [BlockSum]
    /// The blocks in `kept` that do not depend on single words of stacks, registers and frames.
    let proven: NodeSet
    /// The blocks that such a single word points to.
    let single: NodeSet
    /// The number of blocks that neither a root nor a suspect holds.
    package let unreachableBlocks: Int

    /// Floods the graph from its roots; nil when the system refuses the memory.
    ///
    /// `isConfirmed` says whether a block that nothing holds was unreachable in another scan too. If not, the block is
    /// a suspect: a thread may have had the only reference to it in a register.
    ///
    /// - Complexity: O(nodes + edges).
    package init?(_ graph: HeapGraph, _ holds: HoldGraph, isConfirmed: (Int) -> Bool = { _ in true }) {
        guard var flood = RootFlood(graph, holds), let suspects = NodeSet(count: graph.count) else { return nil }
        var held = [flood.enter(.firm), flood.enter(.kernel), flood.enter(.stack)]
        guard let proven = flood.kept.copy() else { return nil }
        held.append(flood.enter(.word))
        let (kept, queue) = (flood.kept, flood.queue)
        let rooted = flood.filled
        var filled = rooted
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
        (self.proven, single) = (proven, flood.single)
        (suspectBlocks, suspectBytes) = (unconfirmed.blocks, unconfirmed.bytes)
        unreachableBlocks = graph.count - filled
    }

    /// Blocks that are only held by words on stacks, in registers, in frames of async functions and in MemScope's own
    /// memory: by variables of running or waiting functions, or by values that earlier calls left.
    package var stackHeld: BlockSum { held[Firmness.stack.rawValue] + stackSuspects }

    /// The part of `stackHeld` that depends on blocks to which only one such word points.
    package var stackSuspects: BlockSum { held[Firmness.word.rawValue] }

    /// Blocks that only the kernel holds, or only the kernel and stacks.
    package var kernelHeld: BlockSum { held[Firmness.kernel.rawValue] }

    /// Whether the block depends on blocks to which only one word of a stack, register or frame points.
    package func isStackSuspect(_ node: UInt32) -> Bool { isReachable(Int(node)) && !proven.contains(node) }

    /// Whether a root holds the block, directly or not.
    package func isReachable(_ node: Int) -> Bool { kept.contains(node) && !suspects.contains(node) }
}

/// How strong the evidence is that a block is held, from the strongest to the weakest.
enum Firmness: Int, CaseIterable {
    case firm, kernel, stack, word

    init(_ root: HeapRoot) {
        switch root.kind {
        case .global, .mapping, .thread: self = .firm
        case .kernel: self = .kernel
        case .stack, .register, .internal: self = .word
        }
    }

    /// How many loose words (which may be old) must point to a block that nothing firmer holds.
    var words: UInt8 {
        switch self {
        case .firm, .kernel: .max
        case .stack: 2
        case .word: 1
        }
    }
}

/// Enters the blocks that roots hold, beginning with the firmest roots.
private struct RootFlood {
    let kept: NodeSet
    /// The entered blocks, in the order in which they were entered.
    let queue: Column<UInt32>
    private(set) var filled = 0
    /// The blocks that were entered because of one word only.
    let single: NodeSet
    /// For each block the number of words of stacks, registers and frames that point to it, limited to a number below
    /// `.max`.
    private let words: Column<UInt8>
    private let graph: HeapGraph
    private let holds: HoldGraph

    init?(_ graph: HeapGraph, _ holds: HoldGraph) {
        guard let kept = NodeSet(count: graph.count), let queue = Column<UInt32>(count: graph.count),
            let single = NodeSet(count: graph.count), let words = Column<UInt8>(count: graph.count)
        else { return nil }
        (self.kept, self.queue, self.single, self.words) = (kept, queue, single, words)
        (self.graph, self.holds) = (graph, holds)
        for index in 0..<graph.roots.count where Firmness(graph.roots[index]) == .word {
            let root = graph.roots[index]
            if holds.isRooted(root.to) { words[root.to] = UInt8(min(root.words, UInt32(UInt8.max - 1))) }
        }
    }

    /// Enters all blocks that are held with this firmness, directly or not, and that were not entered before.
    mutating func enter(_ firmness: Firmness) -> BlockSum {
        let before = filled
        switch firmness {
        case .firm, .kernel:
            for index in 0..<graph.roots.count where Firmness(graph.roots[index]) == firmness {
                add(graph.roots[index].to)
            }
        case .stack, .word:
            for node in 0..<UInt32(graph.count) where words[node] >= firmness.words {
                add(node, isSingle: firmness == .word)
            }
        }
        var next = before
        while next < filled {
            let edges = holds.edges(of: queue[next])
            next += 1
            for index in edges {
                let target = holds.targets[index] & HoldGraph.nodeMask
                guard holds.targets[index] & HoldGraph.looseBit != 0 else {
                    add(target)
                    continue
                }
                words[target] = min(words[target] + 1, .max - 1)
                if words[target] >= firmness.words { add(target, isSingle: firmness == .word) }
            }
        }
        return holds.sum(of: queue, before..<filled)
    }

    @inline(__always) private mutating func add(_ node: UInt32, isSingle: Bool = false) {
        guard kept.insert(node) else { return }
        if isSingle { _ = single.insert(node) }
        queue[filled] = node
        filled += 1
    }
}

extension HoldGraph {
    fileprivate func sum(of queue: Column<UInt32>, _ range: Range<Int>) -> BlockSum {
        BlockSum(blocks: range.count, bytes: range.reduce(0) { $0 + nodes[queue[$1]].size })
    }
}
