package import Tracking

/// Finds storage blocks of one type and size with equal contents.
///
/// Copy-on-write makes such copies when one of two values that share storage is written and later has the same contents
/// again, or when a value is rebuilt. Equal contents may also be chance. So small blocks are left out, and the result
/// is inferred.
package struct CopyFinder: Sendable, Hashable {
    /// Smaller blocks are too often equal by chance.
    package var minimumSize: UInt64 = 128
    /// The largest number of comparisons.
    package var comparisonLimit = 100_000
    /// The number of different contents of one type and size that are kept for comparison.
    package var distinctLimit = 16

    package init() {}

    /// Finds relations of kind `copies`, by descending bytes.
    ///
    /// `areEqual` compares the contents of two blocks, without the reference counts, which each block has for itself.
    ///
    /// - Returns: The relations, and whether all blocks were compared.
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
