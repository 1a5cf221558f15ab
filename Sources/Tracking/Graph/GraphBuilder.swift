/// Gives the words of a scan their meaning: a type to each block, a kind to each edge.
///
/// One pass over the blocks, one over the edges, one over the side tables.
struct GraphBuilder {
    static let sideTableType = BlockType(name: "side table", kind: .c)

    private let scan: HeapScan
    private var typer: NodeTyper
    private var elements: ElementReader
    private var choices: ChoiceReader
    private var check = TargetCheck()
    /// References whose target has a type that the reference does not allow.
    private var refused = 0
    /// The side tables of live objects, by node.
    private var owned: Set<UInt32> = []
    /// The weak references, by edge.
    private var weak: [Int] = []

    init(_ scan: HeapScan, typer: NodeTyper) {
        self.scan = scan
        self.typer = typer
        elements = ElementReader(scan.memory)
        choices = typer.choiceReader
    }

    private var count: Int { scan.nodes.count - 1 }

    /// Writes `type` and `kind` in place; afterwards the memory of the scan is no longer read.
    mutating func build() -> (graph: HeapGraph, readers: MetadataReaders) {
        let nodes = unsafe scan.nodes.pointer
        for index in 0..<count { unsafe nodes[index].type = typer.place(of: nodes[index]) }
        writeKinds()
        DispatchState(scan, isImage: typer.isImage).write(&typer)
        for table in owned { readSideTable(table) }
        scan.memory.end()
        writeSideTables()
        var circumstances = scan.circumstances
        circumstances.refusedReferences = refused
        let graph = HeapGraph(
            nodes: scan.nodes,
            edges: scan.edges,
            roots: scan.roots,
            types: typer.types,
            layouts: typer.layouts,
            circumstances: circumstances
        )
        return (graph, typer.finish())
    }

    private mutating func writeKinds() {
        let nodes = unsafe scan.nodes.pointer
        let tables = KindTables(typer.layouts)
        let storages = zip(typer.types, typer.layouts).map { ElementReader.Storage($0, $1) }
        let areObjects = typer.types.map(\.kind.isSwiftObject)
        var next = unsafe Int(nodes[0].firstEdge)
        for index in 0..<count {
            let first = next
            next = unsafe Int(nodes[index + 1].firstEdge)
            if first < next {
                let type = unsafe nodes[index].type
                if areObjects[Int(type)], unsafe isDead(nodes[index]) {
                    writeKinds(ofDead: first..<next, tables, tables[type])
                    continue
                }
                unsafe writeKinds(of: first..<next, in: nodes[index], tables, tables[type], storages[Int(type)])
            }
        }
    }

    @inline(__always)
    private mutating func writeKinds(
        of range: Range<Int>,
        in node: HeapNode,
        _ tables: KindTables,
        _ table: KindTables.Table,
        _ storage: ElementReader.Storage?
    ) {
        let edges = unsafe scan.edges.pointer
        for index in range {
            let edge = unsafe edges[index]
            var kind = EdgeKind.conservative
            if edge.isSideTable {
                kind = .sideTable
                owned.insert(edge.to)
            } else if table.isExact, edge.offset >= node.size {
                kind = .ignored
            } else if !table.isConservative {
                let word = edge.offset / 8
                let meaning = tables.meaning(ofWord: word, in: table)
                kind = meaning.kind
                if kind != .ignored, let storage { kind = self.kind(kind, ofWord: word, in: node, table, storage) }
                if kind != .ignored, meaning.detail != KindTables.Meaning.noDetail {
                    let field = tables.details[Int(meaning.detail)]
                    kind = self.kind(kind, of: edge, field, at: node.address + 8 * table.start(ofWord: word))
                }
                if kind == .weak { weak.append(index) }
            }
            unsafe edges[index].kind = kind
        }
    }

    /// Whether an object is being deinitialised, or was deinitialised.
    private func isDead(_ node: HeapNode) -> Bool {
        var counts = ReferenceCountWord(node.word1)
        if let table = counts.sideTable {
            counts = ReferenceCountWord(scan.memory.word(at: table + ReferenceCounts.inSideTable) ?? 0)
        }
        return counts.isDead == true
    }

    /// Writes the kinds of the edges of an object in deinit: each target is still owned, or was released a moment ago.
    private mutating func writeKinds(ofDead range: Range<Int>, _ tables: KindTables, _ table: KindTables.Table) {
        let edges = unsafe scan.edges.pointer
        for index in range {
            let edge = unsafe edges[index]
            var kind = EdgeKind.unmanaged
            if edge.isSideTable {
                kind = .sideTable
                owned.insert(edge.to)
            } else if !table.isConservative {
                let known = tables.meaning(ofWord: edge.offset / 8, in: table).kind
                if known == .weak { weak.append(index) }
                if known != .strong, known != .conservative { kind = known }
            }
            unsafe edges[index].kind = kind
        }
    }

    /// Old values in an unused place of the storage hold nothing.
    private mutating func kind(
        _ kind: EdgeKind,
        ofWord word: UInt64,
        in node: HeapNode,
        _ table: KindTables.Table,
        _ storage: ElementReader.Storage
    ) -> EdgeKind {
        switch elements.use(of: word, in: node, table, storage, isOnStack: isOnStack(node)) {
        case .used: kind
        case .unused: .ignored
        case .unknown: .unmanaged
        }
    }

    private func isOnStack(_ node: HeapNode) -> Bool {
        guard node.root != HeapNode.none else { return false }
        let kind = scan.roots[Int(node.root)].kind
        return kind == .stack || kind == .register
    }

    /// The kind of a word, given by the value that it belongs to.
    ///
    /// A word whose target has a type that the reference does not allow is no reference when cycles are searched; it
    /// may hold its target all the same.
    private mutating func kind(
        _ kind: EdgeKind,
        of edge: HeapEdge,
        _ field: BlockLayout.Field,
        at start: UInt64
    ) -> EdgeKind {
        let field = field.choice == nil ? field : choices.meaning(of: field, at: start)
        // A word whose element may be unused stays `unmanaged`.
        let known = kind == .unmanaged ? kind : field.kind
        guard known == .strong || known == .unmanaged, field.target != .anything else { return known }
        let target = scan.nodes[Int(edge.to)]
        if !edge.isInterior, check.admits(target, typer.types[Int(target.type)], as: field.target) { return known }
        // Behind the elements that are being written, words can have any value.
        if kind == .unmanaged { return .ignored }
        if field.target == .counted { return .unmanaged }
        refused += 1
        return .unmanaged
    }

    /// Gives an object the counts of its side table, and the table's second word the count of weak references.
    private func readSideTable(_ index: UInt32) {
        let table = scan.nodes[Int(index)].address
        guard let edge = scan.edges(of: Int(index)).first(where: { scan.edges[$0].offset == 0 }) else { return }
        let object = Int(scan.edges[edge].to)
        guard ReferenceCountWord(scan.nodes[object].word1).sideTable == table,
            let counts = scan.memory.word(at: table + ReferenceCounts.inSideTable),
            let weak = scan.memory.word(at: table + ReferenceCounts.weakInSideTable)
        else { return }
        scan.nodes[object].word1 = counts
        scan.nodes[Int(index)].word1 = weak
    }

    /// Writes types and kinds of side tables; a side table points to its object, without owning it.
    ///
    /// When the object is gone, its side table lives on until the weak references to it are read or destroyed.
    private mutating func writeSideTables() {
        let place = typer.place(ofC: Self.sideTableType) {
            BlockLayout(fields: [BlockLayout.Field(offset: 0, kind: .weak, name: "object")])
        }
        for index in weak {
            let target = scan.edges[index].to
            if owned.contains(target) { continue }
            scan.edges[index].kind = .sideTable
            writeSideTable(target, place)
        }
        for table in owned { writeSideTable(table, place) }
    }

    private func writeSideTable(_ index: UInt32, _ place: UInt32) {
        scan.nodes[Int(index)].type = place
        for edge in scan.edges(of: Int(index)) {
            scan.edges[edge].kind = scan.edges[edge].offset == 0 ? .weak : .ignored
        }
    }
}
