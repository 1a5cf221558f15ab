import Tracking

/// One number for all types of a graph that have one name: what a reader cannot tell apart.
///
/// A class with blocks of several layouts is several types, and so is one that two images made metadata for.
struct TypeNumbers: Sendable {
    private let first: [UInt32]

    init(_ graph: HeapGraph) {
        var known: [BlockType: UInt32] = [:]
        first = graph.types.enumerated().map { index, type in
            let number = known[type] ?? UInt32(index)
            known[type] = number
            return number
        }
    }

    /// The first type of a type's name; `HeapNode.none` for itself.
    subscript(type: UInt32) -> UInt32 { type == HeapNode.none ? type : first[Int(type)] }
}
