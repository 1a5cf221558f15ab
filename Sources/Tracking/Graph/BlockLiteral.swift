/// Block literals on the heap, which hold `@convention(block)` closures and the blocks of C.
///
/// A literal has the words class, flags, invoke function and descriptor, then the captured values (clang:
/// docs/Block-ABI-Apple.rst). A descriptor begins with a reserved word and the size of the whole literal.
enum BlockLiteral {
    static let type = BlockType(name: "block", kind: .block)

    private static let needsFree: UInt64 = 1 << 24
    private static let hasHelpers: UInt64 = 1 << 25
    private static let isGlobal: UInt64 = 1 << 28
    private static let headerSize: UInt64 = 32

    /// The size of the literal at the start of a block of memory; nil when the block does not begin with a literal.
    static func size(of node: HeapNode, _ memory: ScanMemory, isImage: (UInt64) -> Bool) -> UInt64? {
        // A literal without copy helpers retains nothing.
        guard node.size >= headerSize, node.word1 & (needsFree | hasHelpers | isGlobal) == needsFree | hasHelpers,
            isImage(node.word0), let words = memory.words(from: node.address + 16, count: 2), isImage(words[0]),
            isImage(words[1]), let size = SafeMemory.word(at: words[1] + 8), (headerSize...node.size).contains(size)
        else { return nil }
        return size
    }

    /// The helpers retain captured words that lead to something reference-counted; other words are only words.
    static func layout(size: UInt64) -> BlockLayout {
        let fields = stride(from: headerSize, to: size, by: 8).enumerated().map { index, offset in
            BlockLayout.Field(offset: offset, kind: .strong, name: "capture \(index)", target: .counted)
        }
        return BlockLayout(fields: fields, isExact: true)
    }
}
