package import Tracking

/// A block of a path, and the word of it that refers to the next.
package struct PathStep: Sendable, Hashable {
    package var node: UInt32
    /// What the program calls the word: "owner", "accounts[0]", "+0x18" where it has no name; nil for the last.
    package var field: String?

    package init(node: UInt32, field: String?) {
        self.node = node
        self.field = field
    }
}

extension HeapGraph {
    /// The type's name; "unknown" without one.
    package func typeName(of node: UInt32) -> String { type(of: Int(node))?.name ?? "unknown" }

    /// What to call the word an edge comes from; its offset where it has no name.
    package func label(of edge: HeapEdge, in node: Int) -> String {
        fieldName(of: edge, in: node) ?? "+0x\(String(edge.offset, radix: 16))"
    }
}

/// Turns nodes that hold one another into steps as the program would write them: `accounts[0]` of a Person instead of
/// `accounts` of a Person and `[0]` of an array's storage.
struct PathFolding {
    let graph: HeapGraph
    let holds: HoldGraph
    /// Which edges are asked for their names.
    let use: EdgeUse

    /// Of a closed path the last node holds the first, else the last has no field; ends after `limit` steps.
    func fold(_ nodes: [UInt32], isClosed: Bool, limit: Int = .max) -> [PathStep] {
        var steps: [PathStep] = []
        for (index, node) in nodes.enumerated() {
            guard isClosed || index + 1 < nodes.count else {
                steps.append(PathStep(node: node, field: nil))
                break
            }
            let label = label(from: node, to: nodes[(index + 1) % nodes.count])
            if holds.isStorage(node), let last = steps.indices.last {
                steps[last].field = join(steps[last].field ?? "", label)
            } else if steps.count < limit {
                steps.append(PathStep(node: node, field: label))
            } else {
                break
            }
        }
        return steps
    }

    private func label(from node: UInt32, to target: UInt32) -> String {
        guard let edge = holds.edge(from: node, to: target, for: use) else { return "?" }
        return graph.label(of: edge, in: Int(node))
    }

    private func join(_ outer: String, _ inner: String) -> String {
        inner.first == "[" ? outer + inner : outer + "." + inner
    }
}
