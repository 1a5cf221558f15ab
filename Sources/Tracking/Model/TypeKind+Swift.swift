extension TypeKind {
    /// Begins with metadata and reference counts.
    package var isSwiftObject: Bool {
        switch self {
        case .class, .array, .dictionary, .set, .string, .closure, .box, .error, .task: true
        case .block, .dispatch, .c, .unknown: false
        }
    }

    /// Freed when the last reference is released; references that own can form a retain cycle.
    package var isCounted: Bool { isSwiftObject || self == .block || self == .dispatch }

    /// What a value of the program keeps its elements in: paths go through it without naming it.
    package var isStorage: Bool {
        switch self {
        case .array, .dictionary, .set, .string: true
        case .class, .closure, .box, .error, .task, .block, .dispatch, .c, .unknown: false
        }
    }
}

extension BlockType {
    /// What libdispatch keeps apart from an object that owns it alone.
    static let dispatchSourceState = BlockType(name: "dispatch source state", kind: .dispatch)
    static let dispatchWork = BlockType(name: "dispatch work", kind: .dispatch)

    /// Frames of async functions in a block that an image's code allocated.
    package static func taskFrames(of image: String) -> Self { BlockType(name: "task frames (\(image))", kind: .c) }

    /// Whether it is part of one other block.
    package var hasOneOwner: Bool { self == .dispatchSourceState || self == .dispatchWork }

    /// Whether paths go through a block without naming it.
    package var isPassedThrough: Bool { kind.isStorage || hasOneOwner }
}
