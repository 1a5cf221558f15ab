extension FlameGraphBuilder {
    /// Lays the tree out, folding what is too small to see.
    ///
    /// - Parameter minimumShare: Children with less than this share of the total go into
    ///   one "(other)" child, 0...1.
    /// - Returns: The nodes in preorder.
    /// - Complexity: O(*n* log *n*) for *n* nodes.
    package func build(minimumShare: Double = 0) -> FlameGraph {
        let threshold = Double(nodes[0].value) * minimumShare
        var laidOut: [FlameGraph.Node] = []
        var isPruned = false
        var waiting = [Entry(node: 0, value: nodes[0].value, depth: 0)]
        while let entry = waiting.popLast() {
            laidOut.append(shown(entry))
            guard let node = entry.node else { continue }
            var (shownChildren, other) = split(node, depth: entry.depth, threshold: threshold)
            if other > 0 {
                isPruned = true
                shownChildren.append(Entry(node: nil, value: other, depth: entry.depth + 1))
            }
            // The stack hands out its last entry first: smallest below, greatest on top.
            waiting += shownChildren.sorted { ($0.value, sortName($1)) < ($1.value, sortName($0)) }
        }
        return FlameGraph(nodes: laidOut, isTruncated: isPruned || isCut)
    }

    private struct Entry {
        /// Nil for "(other)".
        var node: Int?
        var value: UInt64
        var depth: Int
    }

    private func sortName(_ entry: Entry) -> String {
        entry.node.map(name(of:)) ?? FlameGraph.otherName
    }

    private func shown(_ entry: Entry) -> FlameGraph.Node {
        guard let node = entry.node else {
            return FlameGraph.Node(name: FlameGraph.otherName, value: entry.value, depth: entry.depth)
        }
        return FlameGraph.Node(
            name: name(of: node),
            file: nodes[node].file,
            line: nodes[node].line,
            image: image(of: node),
            value: entry.value,
            depth: entry.depth
        )
    }

    /// The children that are large enough, and what the others weigh together.
    private func split(_ node: Int, depth: Int, threshold: Double) -> (shown: [Entry], other: UInt64) {
        var shown: [Entry] = []
        var other: UInt64 = 0
        var child = nodes[node].lastChild
        while child != 0 {
            let value = nodes[child].value
            if Double(value) < threshold {
                other &+= value
            } else {
                shown.append(Entry(node: child, value: value, depth: depth + 1))
            }
            child = nodes[child].olderSibling
        }
        return (shown, other)
    }
}
