package import Tracking

/// Merges weighted stacks into one tree.
///
/// Nothing here recurses: stacks of 128 frames with their inlined functions would be too deep
/// for a thread of ours.
package struct FlameGraphBuilder: Sendable {
    /// Deeper frames count for the last one kept.
    ///
    /// Readers of nested JSON give up sooner or later: Python's at 1,000 levels, of which a node
    /// takes two.
    package static let depthLimit = 400

    private struct Function: Sendable, Hashable {
        var name: String
        var image: String?
    }

    /// Where inlined functions of one address differ.
    private struct Place: Sendable, Hashable {
        var address: UInt64
        var inlineDepth: Int
    }

    struct Node: Sendable {
        var function: Int
        var file: String?
        var line: Int?
        var value: UInt64
        /// The child made last, and the one made before this node; 0, the root, for none.
        var lastChild = 0
        var olderSibling = 0
    }

    private(set) var nodes: [Node]
    private(set) var isCut = false
    private var functions: [Function] = []
    private var idOfFunction: [Function: Int] = [:]
    // Spares hashing long names: the same addresses come again in nearly every stack.
    private var idOfPlace: [Place: Int] = [:]
    private var child: [UInt64: Int] = [:]

    package init() {
        nodes = []
        let root = id(of: Function(name: FlameGraph.rootName, image: nil))
        nodes.append(Node(function: root, file: nil, line: nil, value: 0))
    }

    /// Adds one stack.
    ///
    /// - Parameters:
    ///   - frames: Innermost first, inlined functions as frames of their own; empty when
    ///     no stack was taken.
    ///   - value: What the stack weighs.
    ///   - isTruncated: Whether outer frames are missing.
    package mutating func add(_ frames: [Frame], value: UInt64, isTruncated: Bool = false) {
        guard value > 0 else { return }
        nodes[0].value &+= value
        var node = 0
        if frames.isEmpty {
            node = descend(from: node, to: Frame(function: FlameGraph.noStackName), inlineDepth: 0, value: value)
        } else if isTruncated {
            node = descend(from: node, to: Frame(function: FlameGraph.truncatedName), inlineDepth: 0, value: value)
        }
        if frames.count > Self.depthLimit { isCut = true }
        var inlineDepth = 0
        for frame in frames.reversed().prefix(Self.depthLimit) {
            inlineDepth = frame.isInlined ? inlineDepth + 1 : 0
            node = descend(from: node, to: frame, inlineDepth: inlineDepth, value: value)
        }
    }

    func name(of node: Int) -> String { functions[nodes[node].function].name }
    func image(of node: Int) -> String? { functions[nodes[node].function].image }

    private mutating func descend(from parent: Int, to frame: Frame, inlineDepth: Int, value: UInt64) -> Int {
        let function = functionID(of: frame, inlineDepth: inlineDepth)
        let key = UInt64(parent) << 32 | UInt64(function)
        if let known = child[key] {
            nodes[known].value &+= value
            if nodes[known].line != frame.line { nodes[known].line = nil }
            return known
        }
        let new = nodes.count
        var node = Node(function: function, file: frame.file, line: frame.line, value: value)
        node.olderSibling = nodes[parent].lastChild
        nodes.append(node)
        nodes[parent].lastChild = new
        child[key] = new
        return new
    }

    private mutating func functionID(of frame: Frame, inlineDepth: Int) -> Int {
        let place = Place(address: frame.address, inlineDepth: inlineDepth)
        // An address can be named twice when a library was unloaded and another took its place.
        if let known = idOfPlace[place], functions[known].name == frame.function,
            functions[known].image == frame.image
        {
            return known
        }
        let id = id(of: Function(name: frame.function, image: frame.image))
        idOfPlace[place] = id
        return id
    }

    private mutating func id(of function: Function) -> Int {
        if let known = idOfFunction[function] { return known }
        functions.append(function)
        idOfFunction[function] = functions.count - 1
        return functions.count - 1
    }
}
