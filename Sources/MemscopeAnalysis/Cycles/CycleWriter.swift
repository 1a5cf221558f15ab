import Tracking

/// Describes a cycle with names of types and fields.
struct CycleWriter {
    private static let typeLimit = 16
    /// The largest cycle that is described as a whole, in nodes.
    private static let wholeLimit = 4096

    let graph: HeapGraph
    let folding: PathFolding

    func describe(
        _ family: CycleFamily,
        _ cycle: FoundCycle,
        members: [UInt32],
        births: @escaping (Int) -> UInt64
    ) -> RetainCycle {
        let (steps, isWhole) = canonicalSteps(cycle)
        let shown = steps.prefix(RetainCycle.pathLimit)
        let path = shown.map { CycleStep(type: graph.typeName(of: $0.node), field: $0.field ?? "") }
        return RetainCycle(
            path: path,
            length: isWhole ? steps.count : cycle.nodes.count { !folding.holds.isStorage($0) },
            nodes: shown.map(\.node),
            breakEdge: CycleBreaker(graph: graph, births: births).choose(references(steps, cycle, isWhole: isWhole)),
            count: family.count,
            objects: family.objects,
            bytes: family.bytes,
            types: types(path, members),
            isReachable: family.isReachable,
            isInferred: cycle.codes.contains { $0 & CycleSignature.conservativeBit != 0 },
            site: graph.nodes[Int(family.oldest)].site,
            oldest: family.oldest
        )
    }

    /// The steps of a cycle, beginning with a block that is no storage; of these, the start gives the smallest text, so
    /// that a cycle always has the same description.
    ///
    /// For a cycle above `wholeLimit` only the first steps, and one more so that the last one has a next step.
    private func canonicalSteps(_ cycle: FoundCycle) -> (steps: [PathStep], isWhole: Bool) {
        var nodes = cycle.nodes
        if let first = nodes.firstIndex(where: { !folding.holds.isStorage($0) }), first > 0 {
            nodes = Array(nodes[first...] + nodes[..<first])
        }
        if nodes.count > Self.wholeLimit {
            return (folding.fold(nodes, isClosed: true, limit: RetainCycle.pathLimit + 1), false)
        }
        let steps = folding.fold(nodes, isClosed: true)
        let words = steps.map { [graph.typeName(of: $0.node), $0.field ?? ""] }
        let start = leastRotation(words) { $0.lexicographicallyPrecedes($1) }
        return (Array(steps[start...] + steps[..<start]), true)
    }

    /// The references of a path; when the path is cut off, the additional last step is only the target of the one
    /// before.
    private func references(_ steps: [PathStep], _ cycle: FoundCycle, isWhole: Bool) -> [CycleReference] {
        var holders: [UInt32: UInt32] = [:]
        for (index, node) in cycle.nodes.enumerated() {
            holders[cycle.nodes[(index + 1) % cycle.nodes.count]] = node
        }
        return steps.indices.dropLast(isWhole ? 0 : 1).compactMap { index in
            let target = steps[(index + 1) % steps.count].node
            // The reference to the target is the last of the words that are folded into one step.
            guard let holder = holders[target],
                let edge = folding.holds.edge(from: holder, to: target, for: folding.use)
            else { return nil }
            return CycleReference(
                from: steps[index].node,
                field: steps[index].field ?? "",
                to: target,
                holder: holder,
                offset: edge.offset,
                form: graph.form(of: edge, in: Int(holder))
            )
        }
    }

    private func types(_ path: [CycleStep], _ members: [UInt32]) -> [String] {
        var names: [String] = []
        for step in path where !names.contains(step.type) && names.count < Self.typeLimit { names.append(step.type) }
        var indices: Set<UInt32> = []
        for node in members where !folding.holds.isStorage(node) { indices.insert(graph.nodes[Int(node)].type) }
        let others = indices.map { $0 == HeapNode.none ? "unknown" : graph.types[Int($0)].name }.sorted()
        for name in others where !names.contains(name) && names.count < Self.typeLimit { names.append(name) }
        return names
    }
}
