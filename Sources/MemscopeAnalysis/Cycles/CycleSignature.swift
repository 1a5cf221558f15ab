import Tracking

/// The nodes of a cycle, with a code for each step; each node holds the next one, and the last node holds the first.
struct FoundCycle {
    var nodes: [UInt32] = []
    /// For each node its type and the word that holds the next node: equal cycles have equal codes, at any addresses.
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

    /// FNV-1a on words instead of bytes; equal hashes are not enough, the dictionary compares the codes.
    var hash: UInt64 {
        codes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
    }
}

/// Computes the codes that decide whether two cycles are the same: the same types, held by the same fields.
///
/// All elements of one storage count as one field, because a value's position in a dictionary is random.
struct CycleSignature {
    static let conservativeBit: UInt64 = 1 << 31
    private static let elementBit: UInt64 = 1 << 30

    private let holds: HoldGraph
    /// For each type the start of its elements and the distance between them, in bytes; 0 for types without elements.
    private let tails: [(start: UInt64, stride: UInt64)]
    private let types: TypeNumbers

    init(_ graph: HeapGraph, _ holds: HoldGraph) {
        self.holds = holds
        types = TypeNumbers(graph)
        tails = graph.layouts.map { layout in layout?.tail.map { ($0.start, $0.stride) } ?? (0, 0) }
    }

    /// Computes the codes, and rotates the cycle so that the codes are the smallest in lexicographic order.
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

/// The rotation of a ring that is the smallest in lexicographic order; returns the index of its first element.
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
