import Tracking

/// The nodes of a cycle, each of which holds the next and the last the first, and what each step is.
struct FoundCycle {
    var nodes: [UInt32] = []
    /// Per node its type and which word holds the next: equal for equal cycles, wherever they lie.
    var codes: [UInt64] = []

    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        codes.removeAll(keepingCapacity: true)
    }

    func precedes(_ other: FoundCycle) -> Bool {
        guard codes.count == other.codes.count else { return codes.count < other.codes.count }
        return codes.lexicographicallyPrecedes(other.codes)
    }

    mutating func rotate(to start: Int) {
        guard start != 0 else { return }
        for range in [0..<start, start..<nodes.count, 0..<nodes.count] { reverse(range) }
    }

    private mutating func reverse(_ range: Range<Int>) {
        for index in 0..<range.count / 2 {
            nodes.swapAt(range.lowerBound + index, range.upperBound - 1 - index)
            codes.swapAt(range.lowerBound + index, range.upperBound - 1 - index)
        }
    }

    /// FNV-1a with words for bytes: for a dictionary whose finds are compared in full.
    var hash: UInt64 {
        codes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
    }
}

/// Says of cycles whether they are the same: the same types, held by the same fields.
///
/// Elements of one storage count as the same field, since in which place of a dictionary a value lies is chance.
struct CycleSignature {
    static let conservativeBit: UInt64 = 1 << 31
    private static let elementBit: UInt64 = 1 << 30

    private let holds: HoldGraph
    /// Where the elements of a type begin and their distance, in bytes; 0 without elements.
    private let tails: [(start: UInt64, stride: UInt64)]
    private let types: TypeNumbers

    init(_ graph: HeapGraph, _ holds: HoldGraph) {
        self.holds = holds
        types = TypeNumbers(graph)
        tails = graph.layouts.map { layout in layout?.tail.map { ($0.start, $0.stride) } ?? (0, 0) }
    }

    /// Computes the codes, and turns the cycle to where they are least.
    func write(to cycle: inout FoundCycle, _ use: EdgeUse) {
        for (index, node) in cycle.nodes.enumerated() {
            cycle.codes.append(code(from: node, to: cycle.nodes[(index + 1) % cycle.nodes.count], use))
        }
        cycle.rotate(to: leastRotation(cycle.codes) { $0 < $1 })
    }

    private func code(from node: UInt32, to target: UInt32, _ use: EdgeUse) -> UInt64 {
        guard let edge = holds.edge(from: node, to: target, for: use) else {
            preconditionFailure("node \(node) does not hold \(target)")
        }
        let type = holds.nodes[node].type
        var word = edge.offset / 8
        if type != HeapNode.none, tails[Int(type)].stride > 0, edge.offset >= tails[Int(type)].start {
            word = (edge.offset - tails[Int(type)].start) % tails[Int(type)].stride / 8 | Self.elementBit
        }
        return UInt64(types[type]) << 32 | word | (edge.kind == .conservative ? Self.conservativeBit : 0)
    }
}

/// Where to begin to read a ring so that what one reads is least.
///
/// - SeeAlso: Y. Shiloach, *Fast Canonization of Circular Strings*, Journal of Algorithms 2 (1981).
/// - Complexity: O(elements).
func leastRotation<Element: Equatable>(_ ring: [Element], by precedes: (Element, Element) -> Bool) -> Int {
    var (first, second, length) = (0, 1, 0)
    while first < ring.count, second < ring.count, length < ring.count {
        let left = ring[(first + length) % ring.count]
        let right = ring[(second + length) % ring.count]
        if left == right {
            length += 1
            continue
        }
        if precedes(left, right) { second += length + 1 } else { first += length + 1 }
        if first == second { second += 1 }
        length = 0
    }
    return min(first, second)
}
