import Tracking

/// Chooses the reference of a cycle that should not be strong, and says why and what to do.
///
/// It knows declarations, names and ages of references, not what the program means by them: so the result is advice.
struct CycleBreaker {
    private typealias Candidate = (reference: CycleReference, remedy: CycleRemedy)

    /// Words in names of references to what an object belongs to, not to what it owns.
    private static let backReferences: Set<String> = [
        "parent", "owner", "delegate", "superview", "target", "observer", "controller", "manager", "session", "host",
        "container", "coordinator", "presenter", "listener", "datasource", "root", "supervisor", "previous", "prev",
        "back", "router", "enclosing", "outer", "publisher",
    ]

    private let graph: HeapGraph
    private let births: (Int) -> UInt64
    private let remedies: CycleRemedies

    init(graph: HeapGraph, births: @escaping (Int) -> UInt64) {
        (self.graph, self.births) = (graph, births)
        remedies = CycleRemedies(graph: graph)
    }

    /// Chooses one of the references, of which each leads to the block with the next one, and the last may lead to the
    /// block with the first.
    ///
    /// - Precondition: `references` is not empty.
    func choose(_ references: [CycleReference]) -> CycleBreak {
        let candidates: [Candidate] = references.indices.compactMap { index in
            let before = references[index > 0 ? index - 1 : references.count - 1]
            return remedies.remedy(for: references[index], after: before).map { (references[index], $0) }
        }
        let hasTask = references.contains { remedies.kind($0.from) == .task }
        return backReference(candidates) ?? capture(candidates, hasTask) ?? youngToOld(candidates)
            ?? anything(candidates) ?? nothing(references)
    }

    private func backReference(_ candidates: [Candidate]) -> CycleBreak? {
        let found = candidates.first { $0.remedy.action == .weakProperty && namesOwner($0.reference.field) }
        return found.map { edge($0, "\(quoted($0.reference)) names what the object belongs to: make it weak") }
    }

    /// Chooses among the references from closures and tasks, in the order in which their remedies are likely to help.
    private func capture(_ candidates: [Candidate], _ hasTask: Bool) -> CycleBreak? {
        let order: [CycleRemedy.Action] = [
            .weakCapture, .endTask, .weakVariable, .weakCaptureOrVariable, .classCapture, .captureLess,
        ]
        for action in order {
            guard let found = candidates.first(where: { $0.remedy.action == action }) else { continue }
            return edge(found, Self.reason(action, hasTask))
        }
        return nil
    }

    private static func reason(_ action: CycleRemedy.Action, _ hasTask: Bool) -> String {
        switch action {
        case .weakCapture where hasTask:
            "a task's closure captures it, and the task keeps that until it ends: resume or cancel the task, or "
                + "capture self weakly, [weak self]"
        case .endTask: "a task holds it until it ends: resume or cancel the task, or capture it weakly"
        case .weakVariable:
            "a variable that a closure shares holds it: declare the variable weak, or set it to nil in the end"
        case .weakCaptureOrVariable:
            "a closure captures it, or a variable that holds it: capture self weakly, [weak self], or declare the "
                + "variable weak"
        case .classCapture:
            "a closure captures it as a protocol that structs can adopt too: declare the protocol AnyObject, then "
                + "capture it weakly"
        case .captureLess: "a closure captures a value that holds it: capture only what the closure needs of that value"
        case .weakCapture, .weakProperty, .classProperty: "a closure captures it: capture self weakly, [weak self]"
        }
    }

    /// Of the references from a younger object to an older one, chooses the one to the oldest object.
    private func youngToOld(_ candidates: [Candidate]) -> CycleBreak? {
        let upward = candidates.filter { candidate in
            let target = births(Int(candidate.reference.to))
            return candidate.remedy.action == .weakProperty && target > 0
                && target < births(Int(candidate.reference.from))
        }
        let oldest = upward.min { births(Int($0.reference.to)) < births(Int($1.reference.to)) }
        return oldest.map { candidate in
            edge(candidate, "the object is younger than what \(quoted(candidate.reference)) refers to: make it weak")
        }
    }

    private func anything(_ candidates: [Candidate]) -> CycleBreak? {
        let properties = candidates.filter { $0.remedy.action == .weakProperty }
        if let last = properties.last {
            return edge(
                last,
                properties.count == 1
                    ? "no other reference here can be weak: make it weak"
                    : "nothing tells which reference is meant to own: make one of them weak"
            )
        }
        return candidates.first.map { candidate in
            edge(
                candidate,
                "\(quoted(candidate.reference)) is of a protocol that structs can adopt too: declare the protocol "
                    + "AnyObject, then make it weak"
            )
        }
    }

    /// Chooses a reference although none of them can be declared in another way.
    private func nothing(_ references: [CycleReference]) -> CycleBreak {
        let ofClasses = references.filter { remedies.kind($0.from) == .class }
        let own = ofClasses.filter { remedies.isOfProgram($0.from) }
        if let property = own.last(where: { !remedies.isElement($0) }) {
            let (from, field) = (graph.typeName(of: property.from), property.field)
            let todo = "give \(from).\(field) another value in the end, such as nil"
            return edge(property, nil, "no reference here can be weak: \(todo)")
        }
        if let element = own.last {
            return edge(element, nil, "no reference here can be weak: remove the element in the end")
        }
        if let reference = ofClasses.last {
            let todo = "end it by what the library offers, such as invalidate() or cancel()"
            return edge(reference, nil, "\(graph.typeName(of: reference.from)) belongs to a library: \(todo)")
        }
        // `references` is not empty: see the precondition of `choose`.
        return edge(references[references.count - 1], nil, "no reference here can be weak: set one to nil in the end")
    }

    private func edge(_ candidate: Candidate, _ reason: String) -> CycleBreak {
        edge(candidate.reference, candidate.remedy.place, reason)
    }

    private func edge(_ reference: CycleReference, _ place: CycleBreak.Place?, _ reason: String) -> CycleBreak {
        CycleBreak(
            from: graph.typeName(of: reference.from),
            field: reference.field,
            to: graph.typeName(of: reference.to),
            reason: reason,
            place: place
        )
    }

    private func quoted(_ reference: CycleReference) -> String { "\"\(reference.field)\"" }

    /// Whether a word in the last part of the name is one of `backReferences`: "state.parentNode" contains "parent".
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
