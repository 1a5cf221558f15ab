package import Tracking

/// Merges weighted stacks into one tree.
///
/// There is no recursion: stacks of 128 frames with their inlined functions would be too deep for one of MemScope's
/// threads.
package struct FlameGraphBuilder {
    /// The largest depth; frames further inwards count for the last frame that is kept.
    ///
    /// Readers of nested JSON have a limit, Python's 1,000 levels, and a node takes two levels.
    package static let depthLimit = 400

    private struct Function: Sendable, Hashable {
        var name: String
        var image: String?
    }

    /// A frame of a place: the function and its line.
    private struct Step {
        var function: UInt32
        /// 0 when unknown.
        var line: UInt32
    }

    /// It must be small: a hundred thousand stacks make a million nodes.
    struct Node: Sendable {
        var value: UInt64
        var function: UInt32
        /// 0 when unknown.
        var line: UInt32
        /// The child that was made last, and the sibling that was made before this node; 0, the root, means none.
        var lastChild: UInt32 = 0
        var olderSibling: UInt32 = 0
    }

    private(set) var nodes: [Node]
    private(set) var isCut = false
    private var functions: [Function] = []
    /// The source file of each function, taken from its first frame.
    private var files: [String?] = []
    private var idOfFunction: [Function: UInt32] = [:]
    private var places: StackPlaces
    /// The steps of all places, one place after the other, outermost first; `firstStep` has the start of each place.
    private var steps: [Step] = []
    private var firstStep = [0]
    private var children = ChildTable()
    private var truncated = Step(function: 0, line: 0)
    private var noStack = Step(function: 0, line: 0)

    package init(places: StackPlaces) {
        self.places = places
        nodes = []
        let root = id(of: Frame(function: FlameGraph.rootName))
        nodes.append(Node(value: 0, function: root, line: 0))
        truncated.function = id(of: Frame(function: FlameGraph.truncatedName))
        noStack.function = id(of: Frame(function: FlameGraph.noStackName))
    }

    /// Adds one stack.
    ///
    /// - Parameters:
    ///   - addresses: Return addresses, innermost first; empty when no stack was taken.
    ///   - time: A time at which the stack was in use, in nanoseconds on the monotonic clock.
    ///   - value: The weight of the stack.
    ///   - isTruncated: Whether outer frames are missing.
    package mutating func add(_ addresses: [UInt64], at time: UInt64 = 0, value: UInt64, isTruncated: Bool = false) {
        guard value > 0 else { return }
        nodes[0].value &+= value
        var node: UInt32 = 0
        if addresses.isEmpty {
            node = descend(from: node, to: noStack, value: value)
        } else if isTruncated {
            node = descend(from: node, to: truncated, value: value)
        }
        var depth = 0
        for address in addresses.reversed() {
            for index in steps(of: places.place(of: address, at: time)) {
                guard depth < Self.depthLimit else {
                    isCut = true
                    return
                }
                node = descend(from: node, to: steps[index], value: value)
                depth += 1
            }
        }
    }

    private mutating func steps(of place: Int) -> Range<Int> {
        while firstStep.count <= place + 1 {
            for frame in places.frames[firstStep.count - 1].reversed() {
                steps.append(Step(function: id(of: frame), line: UInt32(clamping: frame.line ?? 0)))
            }
            firstStep.append(steps.count)
        }
        return firstStep[place]..<firstStep[place + 1]
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

    private mutating func descend(from parent: UInt32, to step: Step, value: UInt64) -> UInt32 {
        let new = UInt32(nodes.count)
        let known = children.child(of: parent, for: step.function, orInsert: new)
        guard known == new else {
            nodes[Int(known)].value &+= value
            if nodes[Int(known)].line != step.line { nodes[Int(known)].line = 0 }
            return known
        }
        var node = Node(value: value, function: step.function, line: step.line)
        node.olderSibling = nodes[Int(parent)].lastChild
        nodes.append(node)
        nodes[Int(parent)].lastChild = new
        return new
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
