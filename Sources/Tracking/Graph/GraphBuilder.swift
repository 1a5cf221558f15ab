/// Gives the words of a scan their meaning: types to blocks, kinds to edges.
///
/// One pass over the blocks, one over the edges, one over the side tables.
struct GraphBuilder {
    static let sideTableType = BlockType(name: "side table", kind: .c)

    private let scan: HeapScan
    private var typer: NodeTyper
    private var elements = ElementReader()
    /// Side tables of objects that are alive, by node.
    private var owned: Set<UInt32> = []
    /// Weak references, by edge.
    private var weak: [Int] = []

    init(_ scan: HeapScan, typer: NodeTyper) {
        self.scan = scan
        self.typer = typer
    }

    private var count: Int { scan.nodes.count - 1 }

    /// Writes `type` and `kind` in place.
    mutating func build() -> (graph: HeapGraph, readers: MetadataReaders) {
        let nodes = unsafe scan.nodes.pointer
        for index in 0..<count { unsafe nodes[index].type = typer.place(of: nodes[index]) }
        writeKinds()
        writeSideTables()
        let graph = HeapGraph(
            nodes: scan.nodes,
            edges: scan.edges,
            roots: scan.roots,
            types: typer.types,
            layouts: typer.layouts,
            circumstances: scan.circumstances
        )
        return (graph, typer.finish())
    }

    private mutating func writeKinds() {
        let nodes = unsafe scan.nodes.pointer
        let tables = KindTables(typer.layouts)
        let storages = typer.types.map { ElementReader.Storage($0.kind) }
        var next = unsafe Int(nodes[0].firstEdge)
        for index in 0..<count {
            let first = next
            next = unsafe Int(nodes[index + 1].firstEdge)
            if first < next {
                let type = unsafe nodes[index].type
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
            } else if !table.isConservative {
                let word = edge.offset / 8
                kind = tables.kind(ofWord: word, in: table)
                if kind == .weak { weak.append(index) }
                // What was left behind where an element was owns nothing; but it may be an element since the scan.
                if kind == .strong, let storage, !elements.isInUse(word, in: node, table, storage) {
                    kind = .unmanaged
                }
            }
            unsafe edges[index].kind = kind
        }
    }

    /// A side table points to its object, without owning it.
    ///
    /// When the object is gone, its side table lives on for the weak references that were not looked at since.
    private mutating func writeSideTables() {
        let place = typer.place(
            ofC: Self.sideTableType,
            layout: BlockLayout(fields: [
                BlockLayout.Field(offset: 0, kind: .weak, name: "object")
            ])
        )
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
        let edges = Int(scan.nodes[Int(index)].firstEdge)..<Int(scan.nodes[Int(index) + 1].firstEdge)
        for edge in edges { scan.edges[edge].kind = scan.edges[edge].offset == 0 ? .weak : .ignored }
    }
}
