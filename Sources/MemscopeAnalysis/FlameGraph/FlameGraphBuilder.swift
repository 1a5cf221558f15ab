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

    /// Small: a hundred thousand stacks make a million of them.
    struct Node: Sendable {
        var value: UInt64
        var function: UInt32
        /// 0 when unknown.
        var line: UInt32
        /// The child made last, and the one made before this node; 0, the root, for none.
        var lastChild: UInt32 = 0
        var olderSibling: UInt32 = 0
    }

    private(set) var nodes: [Node]
    private(set) var isCut = false
    private var functions: [Function] = []
    /// Where each function is, as its first frame said.
    private var files: [String?] = []
    private var idOfFunction: [Function: UInt32] = [:]
    // Spares hashing long names: the same addresses come again in nearly every stack.
    private var idOfPlace: [Place: UInt32] = [:]
    private var child: [UInt64: UInt32] = [:]

    package init() {
        nodes = []
        let root = id(of: Frame(function: FlameGraph.rootName))
        nodes.append(Node(value: 0, function: root, line: 0))
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
        var node: UInt32 = 0
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

    func shown(_ node: UInt32, depth: Int) -> FlameGraph.Node {
        let node = nodes[Int(node)]
        let function = Int(node.function)
        return FlameGraph.Node(
            name: functions[function].name,
            file: files[function],
            line: node.line == 0 ? nil : Int(node.line),
            image: functions[function].image,
            value: node.value,
            depth: depth
        )
    }

    private mutating func descend(from parent: UInt32, to frame: Frame, inlineDepth: Int, value: UInt64) -> UInt32 {
        let function = functionID(of: frame, inlineDepth: inlineDepth)
        let line = UInt32(clamping: frame.line ?? 0)
        let key = UInt64(parent) << 32 | UInt64(function)
        if let known = child[key] {
            nodes[Int(known)].value &+= value
            if nodes[Int(known)].line != line { nodes[Int(known)].line = 0 }
            return known
        }
        let new = UInt32(nodes.count)
        var node = Node(value: value, function: function, line: line)
        node.olderSibling = nodes[Int(parent)].lastChild
        nodes.append(node)
        nodes[Int(parent)].lastChild = new
        child[key] = new
        return new
    }

    private mutating func functionID(of frame: Frame, inlineDepth: Int) -> UInt32 {
        let place = Place(address: frame.address, inlineDepth: inlineDepth)
        // An address can be named twice when a library was unloaded and another took its place.
        if let known = idOfPlace[place], functions[Int(known)].name == frame.function,
            functions[Int(known)].image == frame.image
        {
            return known
        }
        let id = id(of: frame)
        idOfPlace[place] = id
        return id
    }

    private mutating func id(of frame: Frame) -> UInt32 {
        let function = Function(name: frame.function, image: frame.image)
        if let known = idOfFunction[function] { return known }
        let new = UInt32(functions.count)
        functions.append(function)
        files.append(frame.file)
        idOfFunction[function] = new
        return new
    }
}
