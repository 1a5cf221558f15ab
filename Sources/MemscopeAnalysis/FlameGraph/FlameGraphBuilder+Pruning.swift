extension FlameGraphBuilder {
    /// Writes the tree as a list of nodes, and folds nodes that are too small to be visible.
    ///
    /// - Parameter minimumShare: Children with less than this share of the total, 0...1, are combined into one child
    ///   named "(other)".
    /// - Returns: The nodes in preorder.
    /// - Complexity: O(*n* log *n*) for *n* nodes.
    package func build(minimumShare: Double = 0) -> FlameGraph {
        let threshold = Double(nodes[0].value) * minimumShare
        var laidOut: [FlameGraph.Node] = []
        var isPruned = false
        var waiting = [Entry(node: 0, shown: shown(0, depth: 0))]
        while let entry = waiting.popLast() {
            laidOut.append(entry.shown)
            guard let node = entry.node else { continue }
            var (children, other) = split(node, depth: entry.shown.depth, threshold: threshold)
            if other > 0 {
                isPruned = true
                let folded = FlameGraph.Node(name: FlameGraph.otherName, value: other, depth: entry.shown.depth + 1)
                children.append(Entry(node: nil, shown: folded))
            }
            // The last entry is taken out of the stack first, so the largest child must come last.
            waiting += children.sorted {
                ($0.shown.value, $1.shown.name) < ($1.shown.value, $0.shown.name)
            }
        }
        return FlameGraph(nodes: laidOut, isTruncated: isPruned || isCut)
    }

    private struct Entry {
        /// Nil for "(other)".
        var node: UInt32?
        var shown: FlameGraph.Node
    }

    /// The children that are large enough, and the sum of the values of all others.
    private func split(_ node: UInt32, depth: Int, threshold: Double) -> (large: [Entry], other: UInt64) {
        var large: [Entry] = []
        var other: UInt64 = 0
        var child = nodes[Int(node)].lastChild
        while child != 0 {
            let value = nodes[Int(child)].value
            if Double(value) < threshold {
                other &+= value
            } else {
                large.append(Entry(node: child, shown: shown(child, depth: depth + 1)))
            }
            child = nodes[Int(child)].olderSibling
        }
        return (large, other)
    }
}
