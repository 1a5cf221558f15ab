internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

extension HeapFinding {
    /// The largest number of neighbours in an answer.
    private static let neighbourLimit = 100

    /// Everything that the scan knows about a block.
    ///
    /// The result, like those below, contains addresses of the program's blocks; so it must not live longer than its
    /// request.
    func object(_ node: Int, names: MetadataStore) -> ObjectValues {
        let graph = analysis.graph
        let block = graph.nodes[node]
        let origin = graph.origin(of: node)
        var object = ObjectValues(
            address: block.address,
            size: block.size,
            type: graph.blockType(at: block.type),
            birth: origin.birth,
            thread: origin.thread,
            task: origin.task,
            site: block.site,
            stack: names.stack(ofSite: block.site),
            isReachable: analysis.reachability.isReachable(node)
        )
        object.counts = counts(of: node)
        object.retainedBytes = analysis.dominators?.retainedBytes(of: node)
        object.dominator = analysis.dominators?.dominator(of: node).map { step(UInt32($0)) }
        object.rootPath = rootPath(to: node, names: names)
        object.referrers = analysis.referrers(of: node, limit: Self.neighbourLimit).map(neighbours) ?? object.referrers
        object.referents = neighbours(analysis.referents(of: node, limit: Self.neighbourLimit))
        return object
    }

    private func step(_ node: UInt32, field: String? = nil) -> ObjectValues.Step {
        ObjectValues.Step(
            address: analysis.graph.nodes[Int(node)].address,
            type: analysis.graph.typeName(of: node),
            field: field
        )
    }

    func instances(_ page: Page<Instance>) -> Page<InstanceValues> {
        page.map { instance in
            let node = Int(instance.node)
            let block = analysis.graph.nodes[node]
            return InstanceValues(
                address: block.address,
                type: analysis.graph.blockType(at: block.type),
                size: block.size,
                retainedBytes: analysis.dominators?.retainedBytes(of: node),
                isReachable: analysis.reachability.isReachable(node),
                birth: analysis.graph.origin(of: node).birth,
                site: block.site
            )
        }
    }

    func neighbours(_ list: ReferenceList) -> ObjectValues.Neighbours {
        ObjectValues.Neighbours(
            list.references.map { ObjectValues.Neighbour(step($0.node, field: $0.field), kind: $0.kind) },
            total: list.total
        )
    }

    private func rootPath(to node: Int, names: MetadataStore) -> ObjectValues.RootPath? {
        guard let path = analysis.rootPath(to: node), let first = path.first else { return nil }
        let root = analysis.graph.roots[Int(analysis.graph.nodes[Int(first.node)].root)]
        return ObjectValues.RootPath(
            root: ObjectValues.Root(
                kind: root.kind,
                tid: root.tid == 0 ? nil : root.tid,
                image: names.image(containing: root.address)?.name,
                symbol: root.kind == .global ? names.variable(at: root.address) : nil
            ),
            steps: path.map { step($0.node, field: $0.field) }
        )
    }

    /// The reference counts of a Swift object at the time of the scan; the current ones if the scan could not read its
    /// side table.
    private func counts(of node: Int) -> ObjectValues.Counts? {
        let graph = analysis.graph
        let word = graph.nodes[node].word1
        guard graph.blockType(at: graph.nodes[node].type).kind.isSwiftObject else { return nil }
        let table = graph.edges(of: node).first { graph.edges[$0].kind == .sideTable && graph.edges[$0].offset == 8 }
        let counts =
            if let table, ReferenceCountWord(word).sideTable == nil {
                ReferenceCounts(word: word, weakWord: graph.nodes[Int(graph.edges[table].to)].word1)
            } else {
                ReferenceCounts(word)
            }
        return ObjectValues.Counts(strong: counts?.strong, unowned: counts?.unowned, weak: counts?.weak)
    }
}
