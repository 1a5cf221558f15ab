/// A distinct memory error of the program: its kind, its block, and which stacks and threads took part.
///
/// All figures except `count` and `lastSeen` are those of the first time.
package struct MemoryError: Sendable, Hashable {
    /// Raw values are those of the wire format.
    package enum Kind: String, Sendable, CaseIterable {
        case useAfterFreeRead = "use-after-free-read"
        case useAfterFreeWrite = "use-after-free-write"
        case doubleFree = "double-free"
        /// A free of an address where no block begins.
        case invalidFree = "invalid-free"
        /// An access behind a block.
        case overflow
        /// An access before a block.
        case underflow
        /// A free by a function of another family than the allocation's, or with a wrong size.
        case mismatchedFree = "mismatched-free"
    }

    /// How the error was found.
    package enum Discovery: String, Sendable, CaseIterable {
        /// During the access: the access stack is where the error happened.
        case atOnce = "at-once"
        /// By the damage, when the block was freed or left the quarantine: the access stack is where the damage was
        /// found.
        case later
        /// By the damage, when MemScope swept the whole heap: there is no access stack.
        case sweep
        /// By the damage, in the sweep at the end of the process.
        case exit
    }

    /// Which memory a wrongly freed address belongs to.
    package enum Place: String, Sendable, CaseIterable {
        case stack, image, interior
    }

    /// Which functions allocated the block, or freed it.
    package enum Family: String, Sendable, CaseIterable {
        case malloc, new
        case newArray = "new[]"
    }

    /// The stack and the thread that allocated, freed or accessed the block.
    package struct Witness: Sendable, Hashable {
        /// The id of the call stack; 0 when it is not known.
        package var site: UInt32
        /// The core's number of the thread; 0 when it is not known.
        package var thread: UInt32

        package init(site: UInt32 = 0, thread: UInt32 = 0) {
            self.site = site
            self.thread = thread
        }
    }

    /// The block that an error is about.
    package struct Target: Sendable, Hashable {
        package var address: UInt64
        package var size: UInt64
        /// Offset of the first damaged or wrongly used byte from the block's first byte.
        package var offset: Int64
        package var family: Family
        /// The block's first word: for a Swift object, its metadata; 0 when the word could not be read.
        package var typeWord: UInt64

        package init(address: UInt64, size: UInt64, offset: Int64, family: Family = .malloc, typeWord: UInt64 = 0) {
            self.address = address
            self.size = size
            self.offset = offset
            self.family = family
            self.typeWord = typeWord
        }
    }

    /// The error's number; it stays the same while the process lives.
    package var id: UInt32
    package var kind: Kind
    package var discovery: Discovery
    /// The address that was accessed, or given to `free`.
    package var address: UInt64
    /// The block; nil when none is known.
    package var target: Target?
    package var access = Witness()
    package var allocated = Witness()
    package var freed = Witness()
    package var count: UInt64 = 1
    package var firstSeen: UInt64 = 0
    package var lastSeen: UInt64 = 0
    /// Whether the access was seen and was a read.
    package var isRead = false
    /// Whether the call was not passed on to the allocator.
    package var isRefused = false
    /// Whether the bad free was a `realloc`.
    package var isRealloc = false
    /// Whether the program could not go on after the error.
    package var isFatal = false
    /// Whether `target` is not proved.
    ///
    /// It may be the nearest block that registers and stack pointed to, or, for a double free, a block that was at the
    /// address before the last one.
    package var isGuessed = false
    package var place: Place?
    /// For a bad free, the family of the function that freed.
    package var givenFamily = Family.malloc
    /// The size that was given to the free, if it was wrong.
    package var givenSize: UInt64?
    /// Memory around the damage; `bytesAt` is the address of its first byte.
    package var bytes: [UInt8] = []
    package var bytesAt: UInt64 = 0

    package init(
        id: UInt32,
        kind: Kind,
        discovery: Discovery = .atOnce,
        address: UInt64,
        target: Target? = nil
    ) {
        self.id = id
        self.kind = kind
        self.discovery = discovery
        self.address = address
        self.target = target
    }
}
