package import Tracking

/// A block of a path, and the word in it that refers to the next block.
package struct PathStep: Sendable, Hashable {
    package var node: UInt32
    /// The program's name for the word: "owner", "accounts[0]"; "+0x18" when it has no name; nil for the last step.
    package var field: String?

    package init(node: UInt32, field: String?) {
        self.node = node
        self.field = field
    }
}

extension HeapGraph {
    /// The name of a block's type; "unknown" when it has none.
    package func typeName(of node: UInt32) -> String { type(of: Int(node))?.name ?? "unknown" }

    /// The name of the word that an edge comes from; its offset when it has no name.
    package func label(of edge: HeapEdge, in node: Int) -> String {
        fieldName(of: edge, in: node) ?? "+0x\(String(edge.offset, radix: 16))"
    }
}

/// Turns a path of blocks into steps as the program would write them: `accounts[0]` of a Person instead of `accounts`
/// of a Person and `[0]` of an array's storage.
struct PathFolding {
    let graph: HeapGraph
    let holds: HoldGraph
    /// The edges whose names are used.
    let use: EdgeUse

    /// Folds nodes into at most `limit` steps; in a closed path the last node holds the first, else the last step has
    /// no field.
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
