import Tracking

/// Says in words what a group of lost blocks is, from what is known of them and nothing else.
struct LeakNaming {
    /// What a group's reference counts have in common.
    private struct Facts {
        var strong: ClosedRange<Int>?
        var areDead = true
    }

    private let graph: HeapGraph
    private let kinds: LeakKinds
    private var facts: [Facts] = []

    init(_ graph: HeapGraph, _ kinds: LeakKinds) {
        (self.graph, self.kinds) = (graph, kinds)
    }

    /// Takes in a block of a group; groups come in the order of their index.
    mutating func add(_ block: HeapNode, to group: Int) {
        if group == facts.count { facts.append(Facts()) }
        let counts = ReferenceCounts(word: block.word1)
        if counts.isDead != true { facts[group].areDead = false }
        guard let strong = counts.strong else { return }
        let known = facts[group].strong ?? strong...strong
        facts[group].strong = min(known.lowerBound, strong)...max(known.upperBound, strong)
    }

    func reason(for group: LeakGroup, at index: Int) -> String {
        switch group.kind {
        case .cycle: "retain cycle"
        case .indirect: "held by a leaked \(holderName(of: group.nodes[0]))"
        case .direct: directReason(type(group.type), facts[index])
        }
    }

    private func directReason(_ type: BlockType?, _ facts: Facts) -> String {
        if let type, type.kind == .dispatch || type.kind == .block {
            return "\(type.name) that nobody refers to (a lost retain?)"
        }
        guard let type, type.kind.isSwiftObject else {
            return type?.kind == .c ? "malloc without free" : "block of unknown type that nobody refers to"
        }
        if facts.areDead { return "deinitialised \(noun(type.kind)) whose memory an unowned reference keeps" }
        if type.kind == .task { return "suspended task nobody will resume (a lost continuation?)" }
        let counts =
            switch facts.strong {
            case nil: "with reference counts in a side table"
            case let range? where range.count == 1: "with strong count \(range.lowerBound)"
            case let range?: "with strong counts \(range.lowerBound) to \(range.upperBound)"
            }
        let isContinuation = type.name.contains("Continuation")
        let guess = isContinuation ? "a continuation nobody can resume?" : "a lost Unmanaged.passRetained?"
        return "\(noun(type.kind)) \(counts) that nobody refers to (\(guess))"
    }

    private func noun(_ kind: TypeKind) -> String {
        switch kind {
        case .array, .dictionary, .set, .string: "\(kind.rawValue) storage"
        case .closure: "closure context"
        case .box, .error, .task: kind.rawValue
        case .block: "block"
        case .class, .dispatch, .c, .unknown: "object"
        }
    }

    /// The type of what holds a block; storage is named by what holds it in turn.
    private func holderName(of node: UInt32) -> String {
        var holder = node
        // Storage that holds itself in a ring has to end somewhere.
        for _ in 0..<16 {
            guard kinds.holders[holder] != 0 else { break }
            holder = kinds.holders[holder] - 1
            guard graph.type(of: Int(holder))?.kind.isStorage == true else { break }
        }
        return type(graph.nodes[Int(holder)].type)?.name ?? "block"
    }

    private func type(_ index: UInt32) -> BlockType? { index == HeapNode.none ? nil : graph.types[Int(index)] }
}
