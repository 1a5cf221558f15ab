package import Tracking

/// One value for each node or edge, in MemScope's own memory pages.
///
/// It has the same elements as the `OwnBuffer` that it wraps. Its subscript is inlined into the loops of this module;
/// the buffer's subscript would cost a call per element, because it belongs to another module.
@safe package struct Column<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: like the buffer, one caller writes it until it is shared; afterwards it is only read.
    package let count: Int
    private let base: UnsafeMutablePointer<Element>
    private let buffer: OwnBuffer<Element>

    /// Makes a column of zeroed elements.
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

/// A set of nodes, with one bit per node.
package struct NodeSet: Sendable {
    private let words: Column<UInt64>

    /// Makes an empty set for nodes below `count`.
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

    /// Inserts a node and returns whether it is new.
    @inline(__always) func insert(_ node: UInt32) -> Bool {
        let word = words[node >> 6]
        let bit = UInt64(1) << (node & 63)
        words[node >> 6] = word | bit
        return word & bit == 0
    }

    /// Copies the set; nil when the system refuses the memory.
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
