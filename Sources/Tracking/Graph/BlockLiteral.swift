/// Block literals on the heap: what `@convention(block)` closures and blocks of C are kept in.
///
/// Class, flags, invoke function, descriptor, then what was captured (clang: docs/Block-ABI-Apple.rst). A descriptor
/// begins with a reserved word and the size of the whole literal.
enum BlockLiteral {
    static let type = BlockType(name: "block", kind: .block)

    private static let needsFree: UInt64 = 1 << 24
    private static let hasHelpers: UInt64 = 1 << 25
    private static let isGlobal: UInt64 = 1 << 28
    private static let headerSize: UInt64 = 32

    /// The size of the literal that a block of memory begins with; nil when it begins with something else.
    static func size(of node: HeapNode, _ memory: ScanMemory, isImage: (UInt64) -> Bool) -> UInt64? {
        // Without helpers to copy what it captured, a literal retains nothing.
        guard node.size >= headerSize, node.word1 & (needsFree | hasHelpers | isGlobal) == needsFree | hasHelpers,
            isImage(node.word0), let words = memory.words(from: node.address + 16, count: 2), isImage(words[0]),
            isImage(words[1]), let size = SafeMemory.word(at: words[1] + 8), (headerSize...node.size).contains(size)
        else { return nil }
        return size
    }

    /// Captured words that lead to something counted are retained by the helpers; others are only words.
    static func layout(size: UInt64) -> BlockLayout {
        let fields = stride(from: headerSize, to: size, by: 8).enumerated().map { index, offset in
            BlockLayout.Field(offset: offset, kind: .strong, name: "capture \(index)", target: .counted)
        }
        return BlockLayout(fields: fields, isExact: true)
    }
}
