/// The meaning of each word of a block, given by the block's type.
///
/// A block has a fixed part, and may have a tail of elements that have the same layout, such as an array's storage.
package struct BlockLayout: Sendable, Hashable {
    /// One word that may be a reference.
    package struct Field: Sendable, Hashable {
        /// In bytes, a multiple of 8, from the start of the block or of the element.
        package var offset: UInt64
        package var kind: EdgeKind
        /// The word's name: "owner", "state.parent"; empty for an element that is just this word.
        package var name: String
        /// What the word can refer to.
        package var target = ReferenceTarget.anything
        /// What must be read to know the word's meaning; until then `kind` and `target` are what the word may be.
        package var choice: WordChoice?
        /// How the program declared it.
        package var form: FieldForm

        package init(
            offset: UInt64,
            kind: EdgeKind,
            name: String,
            target: ReferenceTarget = .anything,
            choice: WordChoice? = nil,
            form: FieldForm = .unknown
        ) {
            self.offset = offset
            self.kind = kind
            self.name = name
            self.target = target
            self.choice = choice
            self.form = form
        }
    }

    /// Elements that follow one another.
    package struct Tail: Sendable, Hashable {
        /// Offset of the first element, in bytes.
        package var start: UInt64
        /// Distance between two elements, in bytes, more than 0.
        package var stride: UInt64
        /// Ascending by offset.
        package var fields: [Field]
        /// The text before the index: "keys" in "keys[3]"; mostly empty.
        package var name: String

        package init(start: UInt64, stride: UInt64, fields: [Field], name: String = "") {
            self.start = start
            self.stride = stride
            self.fields = fields
            self.name = name
        }
    }

    /// Ascending by offset; words that are not listed hold no reference (`ignored`).
    package var fields: [Field]
    package var tail: Tail?
    /// Elements before the tail: the keys of a dictionary, which come before its values.
    package var body: Tail?
    /// Whether no data lies behind the size that was asked for.
    ///
    /// Blocks of other types may use the additional bytes that the allocator gave.
    package var isExact: Bool
    /// Whether the tail is a ring: three words behind the object's header hold the capacity, the number of elements in
    /// use, and the index of the first element.
    package var isRing = false
    /// Whether the tail holds the frames of functions; these may also contain values left by calls that returned.
    package var hasFrames = false

    package init(fields: [Field], tail: Tail? = nil, body: Tail? = nil, isExact: Bool = false) {
        self.fields = fields
        self.tail = tail
        self.body = body
        self.isExact = isExact
    }

    /// The layout of the blocks that hold the frames of a task's async functions: metadata, next block, size in use.
    package static let taskFrames: BlockLayout = {
        let next = Field(offset: 8, kind: .conservative, name: "next")
        var layout = BlockLayout(fields: [next], tail: .conservative(from: 32, name: "word"))
        layout.hasFrames = true
        return layout
    }()

    /// The elements that contain an offset; nil in the fixed part.
    package func elements(at offset: UInt64) -> Tail? {
        if let tail, offset >= tail.start { return tail }
        if let body, offset >= body.start { return body }
        return nil
    }

    /// The meaning of the word at an offset in the block.
    package func kind(at offset: UInt64) -> EdgeKind {
        guard let tail = elements(at: offset) else { return Self.field(at: offset, in: fields)?.kind ?? .ignored }
        return Self.field(at: (offset - tail.start) % tail.stride, in: tail.fields)?.kind ?? .ignored
    }

    /// The name of the word at an offset; nil when it has none.
    package func name(at offset: UInt64) -> String? {
        guard let tail = elements(at: offset) else {
            // A word between the fields that the type declares has no name.
            return Self.field(at: offset, in: fields).flatMap { $0.name.isEmpty ? nil : $0.name }
        }
        let index = (offset - tail.start) / tail.stride
        guard let field = Self.field(at: (offset - tail.start) % tail.stride, in: tail.fields) else { return nil }
        return field.name.isEmpty ? "\(tail.name)[\(index)]" : "\(tail.name)[\(index)].\(field.name)"
    }

    package static func field(at offset: UInt64, in fields: [Field]) -> Field? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].offset == offset ? fields[low] : nil
    }
}
