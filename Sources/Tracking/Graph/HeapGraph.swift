/// What a reference does for its target.
package enum EdgeKind: UInt32, Sendable, Hashable, CaseIterable {
    /// A word that points to the target and has no known meaning: keeps the target alive.
    case conservative
    /// A strong reference.
    case strong
    /// A weak reference, or a word that is only reached through one: keeps nothing alive.
    case weak
    /// An unowned reference: keeps the memory of an object that was already deinitialised, nothing else.
    case unowned
    /// `Unmanaged`, `unowned(unsafe)`, or an unsafe pointer: the code that has it can still release the target, so the
    /// target is not unreachable; but it owns nothing, so it is not part of a cycle.
    case unmanaged
    /// A number that looks like an address by chance.
    case ignored
    /// A reference to the object's side table, which belongs to the object.
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

/// A word of one block that points to another block or to its own; laid out as `struct mscope_scan_edge`.
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

    /// Offset of the word in its block, in bytes; 512 MiB - 8 stands for this and all larger offsets.
    package var offset: UInt64 { UInt64(at & Self.offsetMask) * 8 }
    /// Whether the word points behind the first byte of its target.
    package var isInterior: Bool { at & 1 << 26 != 0 }
    /// Whether spare bits of a Swift pointer are set in the word.
    package var isTagged: Bool { at & 1 << 27 != 0 }
    /// Whether the word contains packed reference counts that point to a side table.
    package var isSideTable: Bool { at & 1 << 28 != 0 }

    package var kind: EdgeKind {
        get { EdgeKind(rawValue: at >> 29) ?? .conservative }
        set { at = at & (1 << 29 - 1) | newValue.rawValue << 29 }
    }
}

/// A reference to a block from outside of the heap; laid out as `struct mscope_scan_root`.
package struct HeapRoot: Sendable, BitwiseCopyable {
    package enum Kind: UInt16, Sendable, CaseIterable {
        case global, stack, register, `internal`, mapping, thread, kernel
    }

    /// Address of the word that points to the block; 0 for a register.
    package var address: UInt64
    package var to: UInt32
    /// The thread that the stack or register belongs to; 0 for other kinds.
    package var tid: Int32
    private var rawKind: UInt16
    /// Whether one of these words points behind the block's beginning: some function works with a part of the block.
    package var leadsInside: Bool
    /// How many words of stacks and registers point to the block; 1 for roots of other kinds.
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

/// The live heap at one moment: the blocks, and which word of which block points to which block.
///
/// The graph never changes after it was built. Results name blocks by their index here, never by address: see
/// `OwnBuffer`.
package final class HeapGraph: Sendable {
    /// How the scan was made, and how the program was held still for it.
    package struct Circumstances: Sendable, Hashable {
        package enum Method: UInt32, Sendable, CaseIterable {
            case fork = 1, forkWithRegisters, forkAfterSignal, stoppedBySignal
        }

        package var method = Method.fork
        /// When the scan was taken, in nanoseconds on the monotonic clock.
        package var takenAt: UInt64 = 0
        /// The longest time for which a thread of the program was held, in nanoseconds.
        package var pause: UInt64 = 0
        /// Time the scan took, in nanoseconds.
        package var duration: UInt64 = 0
        package var threads = 0
        package var threadsRead = 0
        /// Threads whose registers were not read, because their system call would have been interrupted.
        package var threadsLeft = 0
        /// Whether the kernel keeps user data that the scan cannot read, that of io_uring.
        package var hasUnreadableKernel = false
        /// Whether tracking had gaps: heap memory of unknown blocks counts as roots, so leaks may be missing.
        package var hasUnknownHeap = false
        /// Words that are references by the layout of their block, but whose target has a type that they do not allow.
        package var refusedReferences = 0

        package init() {}
    }

    /// Ascending by address; one more entry than blocks, so that the edges of the last block have an end too.
    package let nodes: OwnBuffer<HeapNode>
    package let edges: OwnBuffer<HeapEdge>
    package let roots: OwnBuffer<HeapRoot>
    package let types: [BlockType]
    /// The layouts of the types, in the same order; nil where the meaning of the words is not known.
    package let layouts: [BlockLayout?]
    package let circumstances: Circumstances

    /// - Precondition: `nodes` contains at least its end marker, and there is a layout, or nil, for each type.
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

    /// The program's name for the word that an edge comes from: "owner", "state.parent", "[3]"; nil when it is unknown.
    package func fieldName(of edge: HeapEdge, in node: Int) -> String? {
        let type = nodes[node].type
        guard type != HeapNode.none else { return nil }
        return layouts[Int(type)]?.name(at: edge.offset)
    }

    /// The block that contains an address; nil when no block does.
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
