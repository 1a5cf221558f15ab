import Tracking

/// The kind of a reference, and the type and field where it begins.
struct RelationNaming {
    let graph: HeapGraph
    /// For each type, whether it is a slice of another value's storage.
    private let areSlices: [Bool]

    init(_ graph: HeapGraph) {
        self.graph = graph
        areSlices = graph.types.map { $0.name.contains("ArraySlice<") || $0.name.contains("Substring") }
    }

    func kind(of edge: HeapEdge, from node: Int, _ holders: StrongHolders) -> RelationKind {
        let target = graph.type(of: Int(edge.to))?.kind ?? .unknown
        let isOnly = holders.counts[edge.to] == 1
        switch target {
        case .array, .dictionary, .set, .string:
            if isOnly { return .contains }
            return isSlice(edge, of: node) ? .slices : .shares
        case .box: return isOnly ? .contains : .shares
        case .class, .closure, .error, .task, .block, .dispatch, .c, .unknown: return isOnly ? .owns : .shares
        }
    }

    /// Whether a reference comes from a slice: by the slice's type, by a field name of the standard library, or by a
    /// pointer to the middle of the storage.
    private func isSlice(_ edge: HeapEdge, of node: Int) -> Bool {
        if edge.isInterior || areSlices[Int(graph.nodes[node].type)] { return true }
        guard let field = graph.fieldName(of: edge, in: node) else { return false }
        return field.contains("_slice") || field.contains("_buffer.owner")
    }

    /// The type with which a path through this block begins; for storage that only one block holds, that block's type
    /// and the field.
    func start(of node: Int, _ holders: StrongHolders) -> (type: UInt32, field: RelationPlace?) {
        let type = graph.nodes[node].type
        guard graph.types[Int(type)].kind.isStorage, holders.counts[node] == 1, graph.nodes[node].root == HeapNode.none
        else { return (type, nil) }
        let holder = graph.nodes[Int(holders.holders[node])].type
        let edge = graph.edges[Int(holders.edges[node])]
        guard holder != HeapNode.none, graph.layouts[Int(holder)] != nil else { return (type, nil) }
        return (holder, place(of: edge, in: holder))
    }

    /// The place of an edge; all elements of one tail have the same place.
    func place(of edge: HeapEdge, in type: UInt32) -> RelationPlace {
        guard let tail = graph.layouts[Int(type)]?.tail, edge.offset >= tail.start else {
            return RelationPlace(offset: edge.offset, isElement: false)
        }
        return RelationPlace(offset: tail.start + (edge.offset - tail.start) % tail.stride, isElement: true)
    }

    func relation(_ key: RelationKey, count: Int, bytes: UInt64) -> Relation {
        let inner = name(key.inner, in: key.outer == nil ? key.from : key.storage)
        let field = key.outer.map { name($0, in: key.from) + (inner.first == "[" ? "" : ".") + inner } ?? inner
        return Relation(
            kind: key.kind,
            from: typeName(key.from),
            field: field,
            to: typeName(key.to),
            count: count,
            bytes: bytes
        )
    }

    private func typeName(_ type: UInt32) -> String { type == HeapNode.none ? "unknown" : graph.types[Int(type)].name }

    private func name(_ place: RelationPlace, in type: UInt32) -> String {
        let name = graph.layouts[Int(type)]?.name(at: place.offset) ?? "+0x\(String(place.offset, radix: 16))"
        // The place of an element is that of the first element, "[0].key".
        return place.isElement && name.hasPrefix("[0]") ? "[]" + name.dropFirst(3) : name
    }
}
