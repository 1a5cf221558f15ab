package import Tracking

/// One value per node or edge, in pages of MemScope's own.
///
/// The same elements as the `OwnBuffer` it wraps. Its subscript is inlined into the loops of this module, which pay a
/// call per element to the buffer's, as that belongs to another module.
@safe package struct Column<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: written by one caller until it is shared, then only read, as the buffer is.
    package let count: Int
    private let base: UnsafeMutablePointer<Element>
    private let buffer: OwnBuffer<Element>

    /// Zeroed elements.
    ///
    /// - Returns: Nil when the system refuses the memory.
    package init?(count: Int) {
        guard let buffer = OwnBuffer<Element>(count: count) else { return nil }
        self.init(buffer)
    }

    package init(_ buffer: OwnBuffer<Element>) {
        guard let base = unsafe buffer.pointer.baseAddress else { preconditionFailure("a buffer without pages") }
        count = buffer.count
        unsafe self.base = base
        self.buffer = buffer
    }

    @inline(__always) package subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            return unsafe base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            unsafe base[index] = newValue
        }
    }

    @inline(__always) package subscript(index: UInt32) -> Element {
        get { self[Int(index)] }
        nonmutating set { self[Int(index)] = newValue }
    }
}

/// A set of nodes: one bit each.
package struct NodeSet: Sendable {
    private let words: Column<UInt64>

    /// The empty set, for nodes below `count`.
    ///
    /// - Returns: Nil when the system refuses the memory.
    package init?(count: Int) {
        guard let words = Column<UInt64>(count: (count + 63) / 64) else { return nil }
        self.init(words)
    }

    @inline(__always) package func contains(_ node: UInt32) -> Bool {
        (words[node >> 6] & (1 << (node & 63))) != 0
    }

    @inline(__always) package func contains(_ node: Int) -> Bool { contains(UInt32(node)) }

    /// Returns whether the node is new.
    @inline(__always) func insert(_ node: UInt32) -> Bool {
        let word = words[node >> 6]
        let bit = UInt64(1) << (node & 63)
        words[node >> 6] = word | bit
        return word & bit == 0
    }

    /// Nil when the system refuses the memory.
    func copy() -> NodeSet? {
        guard let copy = Column<UInt64>(count: words.count) else { return nil }
        for index in 0..<words.count { copy[index] = words[index] }
        return NodeSet(copy)
    }

    private init(_ words: Column<UInt64>) { self.words = words }

    @inline(__always) func remove(_ node: UInt32) {
        words[node >> 6] &= ~(UInt64(1) << (node & 63))
    }
}
