import Tracking

/// One number for all types of a graph that have the same name and kind, because users cannot distinguish them.
///
/// A class whose blocks have several layouts is several types in the graph; so is a class for which two images made
/// metadata.
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

    /// The first of the types with the same name and kind; `HeapNode.none` for `HeapNode.none`.
    subscript(type: UInt32) -> UInt32 { type == HeapNode.none ? type : first[Int(type)] }
}
