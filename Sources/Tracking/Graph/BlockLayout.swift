/// What the words of a block mean, by its type.
///
/// A block has a fixed part and may have a tail of elements that all look the same: an array's storage, for example.
package struct BlockLayout: Sendable, Hashable {
    /// One word that may refer to something.
    package struct Field: Sendable, Hashable {
        /// In bytes, a multiple of 8, from the start of the block or of the element.
        package var offset: UInt64
        package var kind: EdgeKind
        /// "owner", "state.parent"; empty for an element that is the word itself.
        package var name: String

        package init(offset: UInt64, kind: EdgeKind, name: String) {
            self.offset = offset
            self.kind = kind
            self.name = name
        }
    }

    /// Elements that follow one another.
    package struct Tail: Sendable, Hashable {
        /// Offset of the first element, in bytes.
        package var start: UInt64
        /// Distance of two elements, in bytes, more than 0.
        package var stride: UInt64
        /// Ascending by offset.
        package var fields: [Field]

        package init(start: UInt64, stride: UInt64, fields: [Field]) {
            self.start = start
            self.stride = stride
            self.fields = fields
        }
    }

    /// Ascending by offset; words that are not named here hold nothing (`ignored`).
    package var fields: [Field]
    package var tail: Tail?

    package init(fields: [Field], tail: Tail? = nil) {
        self.fields = fields
        self.tail = tail
    }

    /// The meaning of the word at an offset in the block.
    package func kind(at offset: UInt64) -> EdgeKind {
        guard let tail, offset >= tail.start else { return Self.field(at: offset, in: fields)?.kind ?? .ignored }
        return Self.field(at: (offset - tail.start) % tail.stride, in: tail.fields)?.kind ?? .ignored
    }

    /// The name of the word at an offset; nil when it has none.
    package func name(at offset: UInt64) -> String? {
        guard let tail, offset >= tail.start else { return Self.field(at: offset, in: fields)?.name }
        let index = (offset - tail.start) / tail.stride
        guard let field = Self.field(at: (offset - tail.start) % tail.stride, in: tail.fields) else { return nil }
        return field.name.isEmpty ? "[\(index)]" : "[\(index)].\(field.name)"
    }

    private static func field(at offset: UInt64, in fields: [Field]) -> Field? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].offset == offset ? fields[low] : nil
    }
}
