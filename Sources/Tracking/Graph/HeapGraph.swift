/// What a reference does for its target.
package enum EdgeKind: UInt32, Sendable, Hashable, CaseIterable {
    /// A word that points to the target; nothing says what it means. Keeps the target alive.
    case conservative
    /// A strong reference.
    case strong
    /// A weak reference, or what only a weak reference goes through: keeps nothing alive.
    case weak
    /// An unowned reference: keeps the memory of an object that was already deinitialised, nothing else.
    case unowned
    /// `Unmanaged`, `unowned(unsafe)`, an unsafe pointer: whoever has it can still release the target, so it is not
    /// lost; but it owns nothing, so it is no part of a cycle.
    case unmanaged
    /// A number that happens to look like an address.
    case ignored
    /// An object's side table, which belongs to it.
    case sideTable
}

/// A live block, laid out as `struct mscope_scan_node`.
package struct HeapNode: Sendable, BitwiseCopyable {
    package static let none = UInt32.max

    package var address: UInt64
    package var size: UInt64
    package var word0: UInt64
    package var word1: UInt64
    /// Birth, thread and task: see `HeapGraph.origin`.
    package var born: UInt64
    package var site: UInt32
    package var firstEdge: UInt32
    /// Index of the first root that points here, or `none`.
    package var root: UInt32
    /// Index in `HeapGraph.types`.
    package var type: UInt32

    package init(
        address: UInt64 = 0,
        size: UInt64 = 0,
        word0: UInt64 = 0,
        word1: UInt64 = 0,
        born: UInt64 = 0,
        site: UInt32 = 0,
        firstEdge: UInt32 = 0,
        root: UInt32 = HeapNode.none,
        type: UInt32 = HeapNode.none
    ) {
        self.address = address
        self.size = size
        self.word0 = word0
        self.word1 = word1
        self.born = born
        self.site = site
        self.firstEdge = firstEdge
        self.root = root
        self.type = type
    }
}

/// A word of one block that points to another, or to itself; laid out as `struct mscope_scan_edge`.
package struct HeapEdge: Sendable, BitwiseCopyable {
    package static let offsetMask: UInt32 = (1 << 26) - 1

    package var to: UInt32
    private var at: UInt32

    package init(
        to: UInt32,
        offset: UInt64 = 0,
        kind: EdgeKind = .strong,
        isInterior: Bool = false,
        isTagged: Bool = false,
        isSideTable: Bool = false
    ) {
        self.to = to
        at = UInt32(min(offset / 8, UInt64(Self.offsetMask)))
        if isInterior { at |= 1 << 26 }
        if isTagged { at |= 1 << 27 }
        if isSideTable { at |= 1 << 28 }
        self.kind = kind
    }

    /// Offset of the word in its block, in bytes; 512 MiB - 8 stands for all above.
    package var offset: UInt64 { UInt64(at & Self.offsetMask) * 8 }
    /// Points behind the first byte of its target.
    package var isInterior: Bool { at & 1 << 26 != 0 }
    /// Spare bits of a Swift pointer were set.
    package var isTagged: Bool { at & 1 << 27 != 0 }
    /// Packed reference counts that point to a side table.
    package var isSideTable: Bool { at & 1 << 28 != 0 }

    package var kind: EdgeKind {
        get { EdgeKind(rawValue: at >> 29) ?? .conservative }
        set { at = at & (1 << 29 - 1) | newValue.rawValue << 29 }
    }
}

/// What holds a block from outside of the heap, laid out as `struct mscope_scan_root`.
package struct HeapRoot: Sendable, BitwiseCopyable {
    package enum Kind: UInt16, Sendable, CaseIterable {
        case global, stack, register, `internal`, mapping, thread, kernel
    }

    /// Of the word that points; 0 for a register.
    package var address: UInt64
    package var to: UInt32
    /// The thread whose stack or register it is, else 0.
    package var tid: Int32
    private var rawKind: UInt16
    /// Whether one of these words leads behind the block's beginning: some function works with a part of it.
    package var leadsInside: Bool
    /// How many words of stacks and registers lead there; 1 for roots of other kinds.
    package var words: UInt32

    package init(
        address: UInt64 = 0,
        to: UInt32,
        tid: Int32 = 0,
        kind: Kind = .global,
        leadsInside: Bool = false,
        words: UInt32 = 1
    ) {
        self.address = address
        self.to = to
        self.tid = tid
        rawKind = kind.rawValue
        self.leadsInside = leadsInside
        self.words = words
    }

    package var kind: Kind { Kind(rawValue: rawKind) ?? .mapping }
}

/// The live heap of one moment: blocks, and which word of which block points to which.
///
/// Nothing in it changes after it was built. Results name blocks by their index here, never by address: see
/// `OwnBuffer`.
package final class HeapGraph: Sendable {
    /// How the heap was held still.
    package struct Circumstances: Sendable, Hashable {
        package enum Method: UInt32, Sendable, CaseIterable {
            case fork = 1, forkWithRegisters, forkAfterSignal, stoppedBySignal
        }

        package var method = Method.fork
        /// When the picture was taken, in nanoseconds on the monotonic clock.
        package var takenAt: UInt64 = 0
        /// Longest time any thread of the program was held, in nanoseconds.
        package var pause: UInt64 = 0
        /// Time the scan took, in nanoseconds.
        package var duration: UInt64 = 0
        package var threads = 0
        package var threadsRead = 0
        /// Threads whose registers were left alone, as their system call would have noticed.
        package var threadsLeft = 0
        /// The kernel keeps user data that nobody can read, that of io_uring.
        package var hasUnreadableKernel = false
        /// Tracking had gaps, so heap memory of unknown blocks counted as roots: leaks may be missing.
        package var hasUnknownHeap = false
        /// Words that should be references by their block's layout and lead where their type does not allow.
        package var refusedReferences = 0

        package init() {}
    }

    /// Ascending by address; one more than there are blocks, so that each has an end of its edges.
    package let nodes: OwnBuffer<HeapNode>
    package let edges: OwnBuffer<HeapEdge>
    package let roots: OwnBuffer<HeapRoot>
    package let types: [BlockType]
    /// Of the types, in the same order; nil where words are only known to be words.
    package let layouts: [BlockLayout?]
    package let circumstances: Circumstances

    /// - Precondition: `nodes` has at least its end marker, and there is a layout, or nil, for each type.
    package init(
        nodes: OwnBuffer<HeapNode>,
        edges: OwnBuffer<HeapEdge>,
        roots: OwnBuffer<HeapRoot>,
        types: [BlockType],
        layouts: [BlockLayout?],
        circumstances: Circumstances = Circumstances()
    ) {
        self.nodes = nodes
        self.edges = edges
        self.roots = roots
        self.types = types
        self.layouts = layouts
        self.circumstances = circumstances
    }

    /// Number of blocks.
    package var count: Int { nodes.count - 1 }

    /// The edges that leave a block, ascending by offset.
    package func edges(of node: Int) -> Range<Int> {
        Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge)
    }

    package func type(of node: Int) -> BlockType? {
        let type = nodes[node].type
        return type == HeapNode.none ? nil : types[Int(type)]
    }

    /// What the program calls the word an edge comes from: "owner", "state.parent", "[3]"; nil where that is not known.
    package func fieldName(of edge: HeapEdge, in node: Int) -> String? {
        let type = nodes[node].type
        guard type != HeapNode.none else { return nil }
        return layouts[Int(type)]?.name(at: edge.offset)
    }

    /// The block that contains an address; nil when none did.
    package func node(containing address: UInt64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let found = nodes[low - 1]
        return address - found.address < max(found.size, 1) ? low - 1 : nil
    }
}
