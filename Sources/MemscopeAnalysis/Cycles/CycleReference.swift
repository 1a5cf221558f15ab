import Tracking

/// A reference of a cycle as the program declared it: from one step of the path to the next.
struct CycleReference {
    var from: UInt32
    var field: String
    var to: UInt32
    /// The block that contains the reference: `from`, or storage that is folded into it.
    var holder: UInt32
    /// Offset of the reference in `holder`, in bytes.
    var offset: UInt64
    var form: FieldForm
}

/// What a programmer can do about a reference.
struct CycleRemedy {
    enum Action {
        /// Declare the stored property weak.
        case weakProperty
        /// Make the closure capture the object weakly.
        case weakCapture
        /// A weak capture or a weak variable: a closure's context cannot be distinguished from a variable's box here.
        case weakCaptureOrVariable
        /// Declare the captured variable weak.
        case weakVariable
        /// End the task.
        case endTask
        /// Restrict the protocol to classes, then capture the object weakly.
        case classCapture
        /// Make the closure capture less: it captures a value that contains the reference.
        case captureLess
        /// Restrict the protocol to classes, then declare the property weak.
        case classProperty
    }

    var action: Action
    var place: CycleBreak.Place?
}

/// Finds out what can be done about the references of a cycle.
struct CycleRemedies {
    /// Modules whose declarations users cannot edit, and classes of the standard library, whose names come without a
    /// module.
    private static let libraries: Set<Substring> = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "Synchronization", "Observation",
        "AsyncStream", "AsyncThrowingStream", "CheckedContinuationCanary", "ManagedBuffer",
    ]

    let graph: HeapGraph

    /// What to do about a reference; nil when the reference itself can only be strong.
    ///
    /// `before` is the reference that leads to the block with this one.
    func remedy(for reference: CycleReference, after before: CycleReference) -> CycleRemedy? {
        let target = kind(reference.to)
        guard target == .class || target == .unknown else { return nil }
        if reference.form == .function {
            let code = CycleBreak.Place.code(node: reference.holder, offset: reference.offset - 8)
            return CycleRemedy(action: .weakCapture, place: code)
        }
        guard !isElement(reference), let action = action(reference, before.form) else { return nil }
        switch action {
        case .weakProperty, .classProperty: return CycleRemedy(action: action)
        default: return CycleRemedy(action: action, place: .site(graph.nodes[Int(reference.from)].site))
        }
    }

    private func action(_ reference: CycleReference, _ incoming: FieldForm) -> CycleRemedy.Action? {
        switch kind(reference.from) {
        case .closure, .block: capture(reference)
        case .box: content(reference, incoming)
        case .task: .endTask
        case .class, .unknown: property(reference)
        case .array, .dictionary, .set, .string, .error, .dispatch, .c: nil
        }
    }

    private func capture(_ reference: CycleReference) -> CycleRemedy.Action {
        switch reference.form {
        case .unknown: .weakCapture
        case .existential: .classCapture
        case .property where !reference.field.contains("."): .weakCapture
        case .property, .function, .variable, .fixed: .captureLess
        }
    }

    /// Chooses the remedy for the contents of a box by the reference that leads to the box.
    ///
    /// A box may hold a closure's variable, a value of a protocol type, or the payload of an enum case; and the context
    /// of a closure that captures one value looks the same.
    private func content(_ reference: CycleReference, _ incoming: FieldForm) -> CycleRemedy.Action? {
        switch incoming {
        case .variable: .weakVariable
        case .fixed, .existential, .property: property(reference)
        // A closure that captures one object needs no context, so this box holds a variable.
        case .function where graph.typeName(of: reference.from).hasPrefix("box ("): .weakVariable
        case .function, .unknown:
            capture(reference) == .weakCapture ? .weakCaptureOrVariable : capture(reference)
        }
    }

    private func property(_ reference: CycleReference) -> CycleRemedy.Action? {
        guard isOfProgram(reference.from) else { return nil }
        switch reference.form {
        // The value of the box itself has no declaration.
        case .property: return kind(reference.from) != .box || reference.field.contains(".") ? .weakProperty : nil
        case .unknown: return kind(reference.from) != .box ? .weakProperty : nil
        case .existential: return .classProperty
        case .function, .variable, .fixed: return nil
        }
    }

    /// Whether a block's type is declared in code that the programmer can change.
    func isOfProgram(_ node: UInt32) -> Bool {
        guard let type = graph.type(of: Int(node)), type.kind == .class else { return true }
        return !Self.isOfLibrary(type.name)
    }

    /// Whether a class belongs to a library, so that users cannot edit its declaration.
    static func isOfLibrary(_ name: String) -> Bool {
        let root = name.prefix { $0 != "." && $0 != "<" }
        return root.first == "_" || libraries.contains(root)
    }

    /// Whether the reference is an element of a collection or of a class' tail: it is weak only with another element
    /// type.
    func isElement(_ reference: CycleReference) -> Bool {
        let kind = kind(reference.from)
        return reference.holder != reference.from || kind.isStorage || kind == .class && reference.field.last == "]"
    }

    func kind(_ node: UInt32) -> TypeKind { graph.type(of: Int(node))?.kind ?? .unknown }
}
