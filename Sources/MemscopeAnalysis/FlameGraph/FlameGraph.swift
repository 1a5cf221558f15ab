/// Call stacks merged from the outermost function inwards.
///
/// The value of a node is the sum over all stacks through it; the part that its children do not account for is its own.
/// Nodes come in preorder: each node is followed by its whole subtree, and children are sorted by descending value. So
/// a reader needs neither pointers nor recursion.
package struct FlameGraph: Sendable, Hashable {
    package struct Node: Sendable, Hashable {
        package var name: String
        /// The source file of the function; like `line` and `image`, nil when unknown.
        package var file: String?
        /// Also nil when the merged stacks pass through different lines.
        package var line: Int?
        package var image: String?
        package var value: UInt64
        /// The distance from the root; 0 for the root.
        package var depth: Int
    }

    /// Contains at least the root, whose value is the sum of all stacks.
    package let nodes: [Node]
    /// Whether some nodes were folded into "(other)", or some stacks were cut off at the depth limit.
    package let isTruncated: Bool

    package var total: UInt64 { nodes[0].value }

    /// The name of the node for all children that were too small to show.
    package static let otherName = "(other)"
    /// The name of the outermost frame when the outer part of a stack is missing.
    package static let truncatedName = "(truncated)"
    /// The name of the only frame of blocks that were recorded without a stack.
    package static let noStackName = "(no stack)"
    package static let rootName = "all"
}
