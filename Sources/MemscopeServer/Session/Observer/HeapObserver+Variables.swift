internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

// Tracked variables, with what their types and the last scan say about their blocks.
extension HeapObserver {
    /// The variables and what was counted of them; the rows are in the order of the census.
    func variables() -> (census: VariableCensus, rows: [MemScope.VariableUsage], scan: MemScope.HeapAnalysis.Scan?) {
        let finding = graph.last
        return withNames { names in
            let owners = BlockOwners(finding: finding)
            let census = owners.census(names)
            let rows = census.variables.map { MemScope.VariableUsage($0, owned: owners.owned(by: $0)) }
            return (census, rows, finding?.scan)
        }
    }

    /// Everything that is known of a variable; nil when none has the id.
    func variable(_ id: UInt32) -> VariableValues? {
        let finding = graph.last
        return withNames { names in
            let owners = BlockOwners(finding: finding)
            guard let record = owners.census(names).variables.first(where: { $0.id == id }) else { return nil }
            return VariableValues(
                MemScope.VariableUsage(record, owned: owners.owned(by: record)),
                references: owners.references(of: record, names),
                changes: record.changes,
                isTruncated: record.isTruncated
            )
        }
    }

    /// The work of each second; skipped while a scan needs the names.
    func lookAtVariables() {
        guard TrackedVariables.areInUse else { return }
        withNamesIfAvailable { TrackedVariables.look($0) }
    }
}

/// What memory and the last scan say about the blocks of variables.
private struct BlockOwners {
    let finding: HeapFinding?

    /// All variables; properties without a name get the one that the scan has found.
    func census(_ names: MetadataStore) -> VariableCensus {
        var census = TrackedVariables.census(names)
        for index in census.variables.indices where census.variables[index].nameless != 0 {
            let variable = census.variables[index]
            guard let name = propertyName(of: variable) else { continue }
            TrackedVariables.name(variable.id, name)
            census.variables[index].name = name
        }
        return census
    }

    /// The property whose wrapper refers to the variable's object: "_sessions.variable" in its owner's layout.
    private func propertyName(of variable: VariableRecord) -> String? {
        guard let finding, let node = finding.analysis.graph.node(containing: variable.nameless),
            finding.analysis.graph.nodes[node].address == variable.nameless,
            finding.analysis.graph.origin(of: node).birth >= variable.born - min(variable.born, Self.tick)
        else { return nil }
        let fields = finding.analysis.referrers(of: node, limit: 8)?.references.map(\.field) ?? []
        let path = fields.compactMap { $0.wholeMatch(of: /(?:.*\.)?_([^.]+)\.variable/)?.output.1 }
        return Set(path).count == 1 ? path.first.map { String($0) } : nil
    }

    /// How much earlier than it is a block's birth may be noted, in nanoseconds.
    private static let tick: UInt64 = 10_000_000

    func owned(by record: VariableRecord) -> OwnedBlocks {
        var owned = OwnedBlocks(live: record.owned)
        owned.isTypeKnown = record.fields != nil || record.isPlain
        if owned.isTypeKnown { owned.sharedBytes = Self.sharedBytes(of: owned.live, in: record) }
        owned.retainedBytes = retainedBytes(of: owned.live)
        return owned
    }

    func references(of record: VariableRecord, _ names: MetadataStore) -> [VariableValues.Reference] {
        let live = record.died != nil ? [] : record.references.filter { $0.end == nil }
        let blocks = live.map { Block(address: $0.address, size: $0.size, site: $0.site) }
        let types = names.classify(blocks) { names.module(ofSite: $0) }
        var typeOfBlock: [UInt64: BlockType] = [:]
        for (index, reference) in live.enumerated() { typeOfBlock[reference.address] = types[index] }
        return record.references.map { reference in
            var values = VariableValues.Reference(reference)
            let field = record.fields.flatMap { BlockLayout.field(at: reference.offset, in: $0) }
            (values.field, values.kind) = (field?.name, field?.kind)
            guard reference.end == nil, record.died == nil else { return values }
            values.type = typeOfBlock[reference.address]
            if values.type?.kind.isSwiftObject == true { values.strong = Self.counts(of: reference)?.strong }
            return values
        }
    }

    private static func counts(of reference: VariableReference) -> ReferenceCounts? {
        ReferenceCounts(of: reference.address)
    }

    /// Of objects that something besides the value refers to.
    private static func sharedBytes(of blocks: [VariableReference], in record: VariableRecord) -> UInt64 {
        blocks.reduce(0) { sum, block in
            (counts(of: block)?.strong ?? 0) > record.references(to: block.address) ? sum + block.size : sum
        }
    }

    /// Nil without a scan, or when the scan does not know a block.
    private func retainedBytes(of blocks: [VariableReference]) -> UInt64? {
        guard let finding, let dominators = finding.analysis.dominators else { return nil }
        let graph = finding.analysis.graph
        var nodes: [Int] = []
        for block in blocks {
            guard let node = graph.node(containing: block.address), graph.nodes[node].address == block.address,
                graph.nodes[node].size == block.size, graph.origin(of: node).birth == block.birth
            else { return nil }
            nodes.append(node)
        }
        // What one of them retains may contain another one.
        let known = Set(nodes)
        var sum: UInt64 = 0
        for node in known {
            guard let bytes = dominators.retainedBytes(of: node) else { return nil }
            var outer = dominators.dominator(of: node)
            while let next = outer, !known.contains(next) { outer = dominators.dominator(of: next) }
            if outer == nil { sum += bytes }
        }
        return sum
    }
}
