package import Tracking

/// The retain cycles of a graph: first those that no root holds, then by descending bytes.
package struct CycleList: Sendable {
    /// The largest number of different cycles that are described.
    package static let limit = 4096

    package private(set) var cycles: [RetainCycle] = []
    /// The number of groups of objects that hold one another and that no root holds.
    package private(set) var leaked = 0

    /// Describes the strong components of the edges that can be part of a cycle; nil when the system refuses the
    /// memory.
    ///
    /// `kept` is the set of blocks that roots hold; `births` returns the time of a block's allocation, 0 when it is
    /// unknown. Only components with at least one block for which `isWanted` is true are described.
    ///
    /// - Complexity: O(nodes + edges), see `CycleSearch`.
    package init?(
        _ graph: HeapGraph,
        _ holds: HoldGraph,
        _ components: StrongComponents,
        kept: NodeSet,
        births: @escaping (Int) -> UInt64,
        isWanted: (UInt32) -> Bool
    ) {
        guard components.count > 0 else { return }
        guard var search = CycleSearch(graph, holds, components, kept: kept) else { return nil }
        var families = CycleFamilies(holds)
        var found = FoundCycle()
        for component in 0..<components.count {
            let members = components.range(of: component)
            let isReachable = kept.contains(components.node(at: members.lowerBound))
            if !isReachable { leaked += 1 }
            guard members.contains(where: { isWanted(components.node(at: $0)) }) else { continue }
            search.run(component, into: &found)
            families.add(component, of: components, found, isReachable: isReachable, births: births)
        }
        let order = families.all.sorted { left, right in
            left.isReachable == right.isReachable
                ? (right.bytes, left.oldest) < (left.bytes, right.oldest) : right.isReachable
        }
        for family in order.prefix(Self.limit) {
            search.run(family.component, into: &found)
            let members = components.range(of: family.component).lazy.map { components.node(at: $0) }
            let use = EdgeUse.cycles(isKept: family.isReachable)
            let writer = CycleWriter(graph: graph, folding: PathFolding(graph: graph, holds: holds, use: use))
            cycles.append(writer.describe(family, found, members: Array(members), births: births))
        }
    }
}

/// A set of equal cycles: see `CycleSignature`.
struct CycleFamily {
    let codes: [UInt64]
    let isReachable: Bool
    var count = 0
    var objects = 0
    var bytes: UInt64 = 0
    /// The component with the oldest object, and that object; a storage block only when the components hold nothing
    /// else.
    var component = 0
    var oldest: UInt32 = 0
    var age: (storage: Int, birth: UInt64) = (.max, .max)
}

/// Groups equal cycles into families.
struct CycleFamilies {
    private(set) var all: [CycleFamily] = []
    private let holds: HoldGraph
    /// By hash; a family with a hash that is already in use gets the next free number.
    private var indexOfHash: [UInt64: Int] = [:]

    init(_ holds: HoldGraph) { self.holds = holds }

    mutating func add(
        _ component: Int,
        of components: StrongComponents,
        _ cycle: FoundCycle,
        isReachable: Bool,
        births: (Int) -> UInt64
    ) {
        let index = self.index(of: cycle, isReachable)
        let range = components.range(of: component)
        let objects = range.count { !holds.isStorage(components.node(at: $0)) }
        all[index].count += 1
        all[index].objects += objects > 0 ? objects : range.count
        for place in range {
            let node = components.node(at: place)
            let isStorage = holds.isStorage(node)
            all[index].bytes += holds.nodes[node].size
            let age = (storage: isStorage ? 1 : 0, birth: births(Int(node)))
            let known = all[index].age
            guard age < known || age == known && node < all[index].oldest else { continue }
            (all[index].component, all[index].oldest, all[index].age) = (component, node, age)
        }
    }

    private mutating func index(of cycle: FoundCycle, _ isReachable: Bool) -> Int {
        var hash = cycle.hash ^ (isReachable ? 1 : 0)
        while let index = indexOfHash[hash] {
            if all[index].isReachable == isReachable, all[index].codes == cycle.codes { return index }
            hash &+= 1
        }
        indexOfHash[hash] = all.count
        all.append(CycleFamily(codes: cycle.codes, isReachable: isReachable))
        return all.count - 1
    }
}
