package import Tracking

/// The blocks that a scan found unreachable, to find them again in another scan.
///
/// A block is identified by address and birth, because the address alone may belong to another block by then.
package struct UnreachableBlocks: Sendable {
    private struct Identity: Sendable, BitwiseCopyable {
        var address: UInt64 = 0
        var born: UInt64 = 0
    }

    // Ascending by address.
    private let identities: OwnBuffer<Identity>

    /// - Returns: Nil when the system refuses the memory.
    package init?(_ graph: HeapGraph, _ reachability: Reachability) {
        guard let identities = OwnBuffer<Identity>(count: reachability.unreachableBlocks) else { return nil }
        var filled = 0
        for node in 0..<graph.count where !reachability.kept.contains(node) {
            identities[filled] = Identity(address: graph.nodes[node].address, born: graph.nodes[node].born)
            filled += 1
        }
        self.identities = identities
    }

    package func contains(_ node: HeapNode) -> Bool {
        var low = 0
        var high = identities.count
        while low < high {
            let middle = (low + high) / 2
            if identities[middle].address < node.address { low = middle + 1 } else { high = middle }
        }
        return low < identities.count && identities[low].address == node.address && identities[low].born == node.born
    }

    /// The number of these blocks that another scan found held.
    package func heldCount(in graph: HeapGraph, _ reachability: Reachability) -> Int {
        (0..<identities.count).count { index in
            guard let node = graph.node(containing: identities[index].address) else { return false }
            return contains(graph.nodes[node]) && reachability.isReachable(node)
        }
    }
}
