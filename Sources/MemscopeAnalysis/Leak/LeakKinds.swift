import Tracking

/// The leak kind of each unreachable block.
///
/// Unreachable blocks form components whose blocks hold one another; a leak begins at a component that no other
/// component holds. There, blocks of retain cycles are `cycle`. When there are none (in a ring of C blocks, for
/// example), the first block by rank is `direct`, as if the program had lost this block: objects come before other
/// blocks, and older before younger ones. A task that nobody will resume comes before all others, because what it holds
/// waits with it. Everything else is `indirect`.
///
/// - SeeAlso: "Memory leak detection" in the Valgrind manual, where the first block of a clique is its leader.
package struct LeakKinds: Sendable {
    /// The `LeakKind.rawValue` of each node; 0 for nodes that are kept.
    let kinds: Column<UInt8>
    /// For each node, 1 + an unreachable block that holds it; 0 when there is none.
    let holders: Column<UInt32>
    /// One block of each component that no other component holds: the first by rank.
    package let entries: NodeSet

    package func kind(of node: Int) -> LeakKind? { LeakKind(rawValue: kinds[node]) }

    /// Finds the kinds of the nodes that are not in `kept`; nil when the system refuses the memory.
    ///
    /// `ranks` returns a number for each node; the leak of a component begins with the smallest one. `isWaiting` says
    /// whether a node is a task that waits for something unreachable.
    ///
    /// - Complexity: O(nodes + edges).
    init?(
        _ holds: HoldGraph,
        kept: NodeSet,
        cycles: StrongComponents,
        ranks: (Int) -> UInt64,
        isWaiting: (UInt32) -> Bool
    ) {
        guard let kinds = Column<UInt8>(count: holds.count), let holders = Column<UInt32>(count: holds.count),
            let entries = NodeSet(count: holds.count), let held = NodeSet(count: holds.count),
            let components = StrongComponents(holds, excluding: kept)
        else { return nil }
        (self.kinds, self.holders, self.entries) = (kinds, holders, entries)
        Self.findHolders(holds, kept, components, holders: holders, held: held)
        for node in 0..<UInt32(holds.count) where !kept.contains(node) {
            let isInCycle = cycles.numbers[node] != 0
            let isEntry = components.numbers[node] == 0 && !held.contains(node)
            if isEntry { _ = entries.insert(node) }
            kinds[node] = (isInCycle ? LeakKind.cycle : isEntry ? .direct : .indirect).rawValue
        }
        for component in 0..<components.count {
            let range = components.range(of: component)
            if range.contains(where: { held.contains(components.node(at: $0)) }) { continue }
            let hasCycle = range.contains { cycles.numbers[components.node(at: $0)] != 0 }
            let members = range.lazy.map { components.node(at: $0) }
            func first(_ isCandidate: (UInt32) -> Bool) -> UInt32? {
                members.filter(isCandidate).min { (ranks(Int($0)), $0) < (ranks(Int($1)), $1) }
            }
            if let entry = first({ !hasCycle || cycles.numbers[$0] != 0 }) {
                _ = entries.insert(entry)
                if !hasCycle { kinds[entry] = LeakKind.direct.rawValue }
            }
            guard hasCycle, let task = first({ cycles.numbers[$0] == 0 && isWaiting($0) }) else { continue }
            kinds[task] = LeakKind.direct.rawValue
        }
    }

    /// Finds one holder of each unreachable block, and collects in `held` the blocks that another component holds.
    private static func findHolders(
        _ holds: HoldGraph,
        _ kept: NodeSet,
        _ components: StrongComponents,
        holders: Column<UInt32>,
        held: NodeSet
    ) {
        for node in 0..<UInt32(holds.count) where !kept.contains(node) {
            let component = components.numbers[node]
            for index in holds.edges(of: node) {
                let target = holds.targets[index] & HoldGraph.nodeMask
                if kept.contains(target) { continue }
                if holders[target] == 0 { holders[target] = node + 1 }
                if component == 0 || components.numbers[target] != component { _ = held.insert(target) }
            }
        }
    }
}
