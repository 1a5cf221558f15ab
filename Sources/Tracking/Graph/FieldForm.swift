/// How the program declared a word that is a reference; this decides how the programmer can change the reference.
package enum FieldForm: UInt8, Sendable, Hashable, CaseIterable {
    /// Nothing is known except that the word is a reference.
    case unknown
    /// A stored property or captured constant whose type is a class, or a protocol for classes only: it can be weak.
    case property
    /// The context of a function; the word before it is the function's code.
    case function
    /// The box of a variable that a closure shares with others.
    case variable
    /// A value of a protocol that structs may adopt too: it can be weak once the protocol is for classes only.
    case existential
    /// A payload of an enum case, an element of a tuple, a value of generic type, a field of a library: never weak.
    case fixed
}

extension BlockLayout {
    /// How the word at an offset was declared.
    package func form(at offset: UInt64) -> FieldForm {
        guard let tail = elements(at: offset) else { return Self.field(at: offset, in: fields)?.form ?? .unknown }
        return Self.field(at: (offset - tail.start) % tail.stride, in: tail.fields)?.form ?? .unknown
    }
}

extension HeapGraph {
    /// How the program declared the word that an edge comes from.
    package func form(of edge: HeapEdge, in node: Int) -> FieldForm {
        let type = nodes[node].type
        guard type != HeapNode.none else { return .unknown }
        return layouts[Int(type)]?.form(at: edge.offset) ?? .unknown
    }
}
