/// Call stacks merged from the outermost function inwards.
///
/// A node's value is that of every stack through it; what its children do not add up to
/// is its own. Nodes come in preorder, each followed by its whole subtree, children by
/// value descending, so that a reader needs neither pointers nor recursion.
package struct FlameGraph: Sendable, Hashable {
    package struct Node: Sendable, Hashable {
        package var name: String
        /// Of the function, nil when unknown; also below.
        package var file: String?
        /// Nil too when the merged stacks pass through different lines.
        package var line: Int?
        package var image: String?
        package var value: UInt64
        /// 0 for the root.
        package var depth: Int
    }

    /// At least the root, whose value is the sum of all stacks.
    package let nodes: [Node]
    /// Whether nodes were folded into "(other)", or stacks cut at the depth limit.
    package let isTruncated: Bool

    package var total: UInt64 { nodes[0].value }

    /// Stands for all children of a node that were too small to show.
    package static let otherName = "(other)"
    /// The outermost frame of a stack whose outer part is missing.
    package static let truncatedName = "(truncated)"
    /// The only frame of blocks that were recorded without a stack.
    package static let noStackName = "(no stack)"
    package static let rootName = "all"
}
