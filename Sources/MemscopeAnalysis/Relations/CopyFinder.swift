package import Tracking

/// Finds storages of one type and size whose contents are equal.
///
/// Copy-on-write makes such copies when one of two that share is written to and then holds the same again, or when a
/// value is rebuilt; equal contents may also be chance. So small ones are left out, and the result is inferred.
package struct CopyFinder: Sendable, Hashable {
    /// Smaller blocks are too often equal by chance.
    package var minimumSize: UInt64 = 128
    /// How many contents may be compared.
    package var comparisonLimit = 100_000
    /// Different contents of one type and size that others are compared with.
    package var distinctLimit = 16

    package init() {}

    /// Relations of kind `copies`, the most bytes first.
    ///
    /// `areEqual` compares the contents of two blocks, without what every block has for itself: its reference counts.
    ///
    /// - Returns: The relations, and whether everything was compared.
    package func find(
        in graph: HeapGraph,
        areEqual: (Int, Int) -> Bool
    ) -> (relations: [Relation], isComplete: Bool) {
        var families: [Key: [Int]] = [:]
        var counts: [UInt32: (count: Int, bytes: UInt64)] = [:]
        var (comparisons, isComplete) = (0, true)
        for node in 0..<graph.count {
            let block = graph.nodes[node]
            guard block.size >= minimumSize, graph.type(of: node)?.kind.isStorage == true else { continue }
            let known = families[Key(type: block.type, size: block.size)] ?? []
            if comparisons + known.count > comparisonLimit {
                isComplete = false
                break
            }
            comparisons += known.count
            if known.contains(where: { areEqual($0, node) }) {
                counts[block.type, default: (0, 0)].count += 1
                counts[block.type, default: (0, 0)].bytes += block.size
            } else if known.count < distinctLimit {
                families[Key(type: block.type, size: block.size), default: []].append(node)
            } else {
                isComplete = false
            }
        }
        let relations = counts.map { type, sums in
            let name = graph.types[Int(type)].name
            return Relation(kind: .copies, from: name, field: "", to: name, count: sums.count, bytes: sums.bytes)
        }
        return (relations.sorted { ($1.bytes, $0.from) < ($0.bytes, $1.from) }, isComplete)
    }

    private struct Key: Hashable {
        var type: UInt32
        var size: UInt64
    }
}
