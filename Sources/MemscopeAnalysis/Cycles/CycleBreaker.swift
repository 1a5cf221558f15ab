import Tracking

/// Chooses the reference of a cycle that should be weak, and says why.
///
/// What is known is names and ages, not what the program means: it is advice.
struct CycleBreaker {
    /// Words that name what an object belongs to rather than what it has.
    private static let backReferences: Set<String> = [
        "parent", "owner", "delegate", "superview", "target", "observer", "controller", "manager", "session", "host",
        "container", "coordinator", "presenter", "listener", "datasource", "root", "supervisor", "previous", "prev",
        "back", "router", "enclosing", "outer", "publisher",
    ]

    let graph: HeapGraph
    let births: (Int) -> UInt64

    /// Chooses among the steps of a closed path; of one that is cut off, the last only ends the one before.
    func choose(_ steps: [PathStep], isWhole: Bool) -> CycleBreak {
        let candidates = steps.indices.dropLast(isWhole ? 0 : 1).filter { !isElement(steps[$0]) }
        return backReference(steps, candidates) ?? capture(steps, candidates) ?? youngToOld(steps, candidates)
            ?? anything(steps, candidates, isWhole ? steps.count - 1 : 0)
    }

    private func backReference(_ steps: [PathStep], _ candidates: [Int]) -> CycleBreak? {
        guard let index = candidates.first(where: { canBeWeak(steps, $0) && namesOwner(steps[$0].field ?? "") }) else {
            return nil
        }
        return edge(steps, index, "\(quoted(steps[index])) names what the object belongs to: make it weak")
    }

    private func capture(_ steps: [PathStep], _ candidates: [Int]) -> CycleBreak? {
        let captures = candidates.filter { canBeWeak(steps, $0) }
        if let index = captures.first(where: { kind(steps[$0].node) == .closure }) {
            return edge(steps, index, "a closure captures it: capture self weakly, [weak self]")
        }
        if let index = captures.first(where: { kind(steps[$0].node) == .task }) {
            return edge(steps, index, "a task holds it until it ends: capture it weakly or cancel the task")
        }
        if let index = captures.first(where: { kind(steps[$0].node) == .box }) {
            return edge(steps, index, "a captured variable holds it: declare the variable weak")
        }
        return nil
    }

    /// Of references from a younger object to an older one the one to the oldest.
    private func youngToOld(_ steps: [PathStep], _ candidates: [Int]) -> CycleBreak? {
        let upward = candidates.filter { index in
            let target = births(Int(next(steps, index).node))
            return canBeWeak(steps, index) && target > 0 && target < births(Int(steps[index].node))
        }
        let oldest = upward.min { births(Int(next(steps, $0).node)) < births(Int(next(steps, $1).node)) }
        return oldest.map { index in
            edge(steps, index, "the object is younger than what \(quoted(steps[index])) refers to: make it weak")
        }
    }

    private func anything(_ steps: [PathStep], _ candidates: [Int], _ last: Int) -> CycleBreak {
        if let index = candidates.last(where: { canBeWeak(steps, $0) }) {
            return edge(steps, index, "nothing tells which reference is meant to own: make one of them weak")
        }
        return edge(steps, candidates.last ?? last, "nothing here can be weak: set it to nil in the end")
    }

    private func edge(_ steps: [PathStep], _ index: Int, _ reason: String) -> CycleBreak {
        CycleBreak(
            from: graph.typeName(of: steps[index].node),
            field: steps[index].field ?? "",
            to: graph.typeName(of: next(steps, index).node),
            reason: reason
        )
    }

    private func next(_ steps: [PathStep], _ index: Int) -> PathStep { steps[(index + 1) % steps.count] }

    private func kind(_ node: UInt32) -> TypeKind { graph.type(of: Int(node))?.kind ?? .unknown }

    /// Only references to instances of classes can be weak; where the type is not known they may be.
    private func canBeWeak(_ steps: [PathStep], _ index: Int) -> Bool {
        let target = kind(next(steps, index).node)
        return target == .class || target == .unknown
    }

    /// The elements of a collection cannot be made weak without another type of element.
    private func isElement(_ step: PathStep) -> Bool { step.field?.last == "]" || kind(step.node).isStorage }

    private func quoted(_ step: PathStep) -> String { "\"\(step.field ?? "")\"" }

    /// Whether a word of the last part of the name says so: "state.parentNode" has "parent".
    private func namesOwner(_ field: String) -> Bool {
        let name = field.split(separator: ".").last ?? ""
        var words: [String] = []
        for character in name {
            guard character.isLetter else { continue }
            if character.isUppercase || words.isEmpty { words.append("") }
            words[words.count - 1] += character.lowercased()
        }
        return words.contains { Self.backReferences.contains($0) } || Self.backReferences.contains(words.joined())
    }
}
