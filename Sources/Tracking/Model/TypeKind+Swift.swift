extension TypeKind {
    /// Whether blocks of this kind begin with metadata and reference counts.
    package var isSwiftObject: Bool {
        switch self {
        case .class, .array, .dictionary, .set, .string, .closure, .box, .error, .task: true
        case .block, .dispatch, .c, .unknown: false
        }
    }

    /// Whether blocks of this kind have a reference count: they are freed when the last reference is released, and
    /// owning references between them can form a retain cycle.
    package var isCounted: Bool { isSwiftObject || self == .block || self == .dispatch }

    /// Whether a value of the program keeps its elements in blocks of this kind: paths go through them without naming
    /// them.
    package var isStorage: Bool {
        switch self {
        case .array, .dictionary, .set, .string: true
        case .class, .closure, .box, .error, .task, .block, .dispatch, .c, .unknown: false
        }
    }
}

extension BlockType {
    /// Memory that libdispatch keeps apart from the object that is its only owner.
    static let dispatchSourceState = BlockType(name: "dispatch source state", kind: .dispatch)
    static let dispatchWork = BlockType(name: "dispatch work", kind: .dispatch)

    /// The frames of async functions, in a block that an image's code allocated.
    package static func taskFrames(of image: String) -> Self { BlockType(name: "task frames (\(image))", kind: .c) }

    /// Whether a block of this type is part of one other block.
    package var hasOneOwner: Bool { self == .dispatchSourceState || self == .dispatchWork }

    /// Whether paths go through a block of this type without naming it.
    package var isPassedThrough: Bool { kind.isStorage || hasOneOwner }
}
