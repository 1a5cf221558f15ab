import Tracking

/// Objects that hold nothing any more: they were deinitialised, and only unowned references keep their memory.
///
/// While a deinit runs, other references lead to the object too; then it may still own what it refers to.
struct EmptyObjects: Sendable {
    private let objects: NodeSet

    /// Nil when the system refuses the memory.
    ///
    /// - Complexity: O(nodes + edges).
    init?(_ graph: HeapGraph) {
        let (nodes, edges) = (Column(graph.nodes), Column(graph.edges))
        guard let dead = NodeSet(count: graph.count), let held = NodeSet(count: graph.count) else { return nil }
        let areObjects = graph.types.map(\.kind.isSwiftObject) + [false]
        var found: [UInt32] = []
        for node in 0..<UInt32(graph.count) where areObjects[min(Int(nodes[node].type), areObjects.count - 1)] {
            guard ReferenceCountWord(nodes[node].word1).isDead == true else { continue }
            _ = dead.insert(node)
            found.append(node)
        }
        objects = dead
        guard !found.isEmpty else { return }
        for index in 0..<graph.roots.count { _ = held.insert(graph.roots[index].to) }
        for node in 0..<UInt32(graph.count) where !dead.contains(node) {
            for index in nodes[node].firstEdge..<nodes[node + 1].firstEdge where dead.contains(edges[index].to) {
                switch edges[index].kind {
                case .strong, .conservative, .unmanaged: _ = held.insert(edges[index].to)
                case .weak, .unowned, .ignored, .sideTable: break
                }
            }
        }
        for node in found where held.contains(node) { dead.remove(node) }
    }

    @inline(__always) func contains(_ node: UInt32) -> Bool { objects.contains(node) }
}
