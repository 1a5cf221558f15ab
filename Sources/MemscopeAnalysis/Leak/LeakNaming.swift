import Tracking

/// Describes a group of unreachable blocks in words, from known facts only.
struct LeakNaming {
    let kinds: LeakKinds
    private let graph: HeapGraph
    private let references: UnreachableReferences
    private let cycles: StrongComponents
    /// The numbers of the retain cycles' components that contain a waiting task.
    private let stuck: Set<UInt32>
    private var facts: [LeakFacts] = []

    init(_ graph: HeapGraph, _ kinds: LeakKinds, _ references: UnreachableReferences, _ cycles: StrongComponents) {
        (self.graph, self.kinds, self.references, self.cycles) = (graph, kinds, references, cycles)
        stuck = Set(references.waitingTasks.lazy.map { cycles.numbers[$0] }.filter { $0 != 0 })
    }

    /// Adds a block to a group; groups come in the order of their index.
    mutating func add(_ node: UInt32, to group: Int) {
        if group == facts.count { facts.append(LeakFacts()) }
        let counts = ReferenceCountWord(graph.nodes[Int(node)].word1)
        let referrers = references.referrers(of: node)
        facts[group].areDead = facts[group].areDead && counts.isDead == true
        facts[group].areReferredTo = facts[group].areReferredTo || referrers > 0
        // A block with a higher count than references may have lost a reference.
        let exceeds = counts.strong.map { $0 > referrers } == true
        facts[group].countsExceedReferences = facts[group].countsExceedReferences && exceeds
        facts[group].areWaiting = facts[group].areWaiting && references.isWaiting(node)
        facts[group].areAwaitingTasks = facts[group].areAwaitingTasks || references.isAwaitingTask(node)
        facts[group].areStuck = facts[group].areStuck && stuck.contains(cycles.numbers[node])
        facts[group].add(strong: counts.strong)
        if kinds.kind(of: Int(node)) == .indirect { facts[group].add(holder: holder(of: node)) }
    }

    /// Merges the facts of a group into those of another.
    mutating func merge(_ group: Int, into other: Int) {
        facts[other].add(facts[group])
    }

    /// Removes all groups except these, which keep their order.
    mutating func keep(_ groups: [Int]) {
        facts = groups.map { facts[$0] }
    }

    func reason(for group: LeakGroup, at index: Int) -> String {
        let facts = facts[index]
        switch group.kind {
        case .cycle where facts.areStuck: return "retain cycle with a suspended task nobody will resume"
        case .cycle: return "retain cycle"
        case .indirect:
            let others = facts.haveOtherHolders ? " and others" : ""
            return "held by a leaked \(name(ofHolder: facts.holder))\(others)"
        case .direct: return directReason(type(group.type), facts)
        }
    }

    private func directReason(_ type: BlockType?, _ facts: LeakFacts) -> String {
        if let type, type.kind == .dispatch || type.kind == .block {
            // The counts of these blocks are not read: it is only known that nothing refers to them.
            return facts.areReferredTo
                ? "\(type.name) that only itself and what it holds refer to" : "\(type.name) that nobody refers to"
        }
        guard let type, type.kind.isSwiftObject else {
            return type?.kind == .c ? "malloc without free" : "block of unknown type that nobody refers to"
        }
        if facts.areWaiting {
            let lost = facts.areAwaitingTasks ? "what it waits for" : "its continuation"
            return "suspended task nobody will resume: \(lost) was lost"
        }
        if facts.areDead {
            let why = "whose memory stays for an unowned reference that was never released"
            return "deinitialised \(noun(type.kind)) \(why)"
        }
        let counts =
            switch facts.strong {
            case nil: "with reference counts in a side table"
            case let range? where range.count == 1: "with strong count \(range.lowerBound)"
            case let range?: "with strong counts \(range.lowerBound) to \(range.upperBound)"
            }
        let referrers = facts.areReferredTo ? "that only itself and what it holds refer to" : "that nobody refers to"
        let guess = facts.countsExceedReferences && facts.strong != nil ? guess(type) : ""
        return "\(noun(type.kind)) \(counts) \(referrers)\(guess)"
    }

    /// What may have happened to the counted reference that was not found.
    private func guess(_ type: BlockType) -> String {
        if type.kind == .task { return "" }
        if type.name.contains("Continuation") { return " (a continuation nobody can resume?)" }
        return " (a lost Unmanaged.passRetained?)"
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

    /// The type of the block that holds a block; for storage and for the frames of a task, the type of the next holder.
    private func holder(of node: UInt32) -> UInt32 {
        var holder = node
        // The limit is needed because storage may hold itself in a ring.
        for _ in 0..<16 {
            guard kinds.holders[holder] != 0 else { break }
            holder = kinds.holders[holder] - 1
            guard let kind = graph.type(of: Int(holder))?.kind, kind.isStorage || isOfTask(holder) else { break }
        }
        return graph.nodes[Int(holder)].type
    }

    private func isOfTask(_ block: UInt32) -> Bool {
        let type = graph.nodes[Int(block)].type
        if type != HeapNode.none, graph.layouts[Int(type)]?.hasFrames == true { return true }
        // In some programs, frames cannot be recognised by the first word of their block.
        let holder = kinds.holders[block]
        return graph.type(of: Int(block))?.kind == .c && holder != 0 && graph.type(of: Int(holder) - 1)?.kind == .task
    }

    private func name(ofHolder index: UInt32?) -> String {
        guard let type = index.flatMap(type) else { return "block" }
        return type.kind == .c ? "block of \(type.name)" : type.name
    }

    private func type(_ index: UInt32) -> BlockType? { index == HeapNode.none ? nil : graph.types[Int(index)] }
}

/// Facts about the blocks of a group.
struct LeakFacts {
    /// The range of the strong counts, without blocks whose counts are in a side table.
    private(set) var strong: ClosedRange<Int>?
    var areDead = true
    var areReferredTo = false
    /// Whether each block counts more references than words refer to it.
    var countsExceedReferences = true
    var areWaiting = true
    var areAwaitingTasks = false
    var areStuck = true
    /// The type of the first block's holder.
    private(set) var holder: UInt32?
    private(set) var haveOtherHolders = false

    mutating func add(strong count: Int?) {
        guard let count else { return }
        let known = strong ?? count...count
        strong = min(known.lowerBound, count)...max(known.upperBound, count)
    }

    mutating func add(holder type: UInt32) {
        haveOtherHolders = haveOtherHolders || holder.map { $0 != type } == true
        holder = holder ?? type
    }

    mutating func add(_ other: LeakFacts) {
        add(strong: other.strong?.lowerBound)
        add(strong: other.strong?.upperBound)
        areDead = areDead && other.areDead
        areReferredTo = areReferredTo || other.areReferredTo
        countsExceedReferences = countsExceedReferences && other.countsExceedReferences
        areWaiting = areWaiting && other.areWaiting
        areAwaitingTasks = areAwaitingTasks || other.areAwaitingTasks
        areStuck = areStuck && other.areStuck
        if let type = other.holder { add(holder: type) }
        haveOtherHolders = haveOtherHolders || other.haveOtherHolders
    }
}
