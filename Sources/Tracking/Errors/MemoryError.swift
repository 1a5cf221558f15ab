/// A distinct memory error of the program: its kind, the block it is about, and who did what.
///
/// Figures but for `count` and `lastSeen` are of the first time.
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
        /// A free by another family than allocated, or with another size.
        case mismatchedFree = "mismatched-free"
    }

    /// When it came to light.
    package enum Discovery: String, Sendable, CaseIterable {
        /// In the act: the access stack is where it happened.
        case atOnce = "at-once"
        /// By what it left, when the block was given back or forgotten: the access stack is where it was found.
        case later
        /// By what it left, when MemScope looked at the whole heap: no access stack.
        case sweep
        /// The same at the end of the process.
        case exit
    }

    /// What an address that was freed wrongly belongs to.
    package enum Place: String, Sendable, CaseIterable {
        case stack, image, interior
    }

    /// How a block was made, or given back.
    package enum Family: String, Sendable, CaseIterable {
        case malloc, new
        case newArray = "new[]"
    }

    /// Somebody who did something to the block.
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

    /// A block that an error is about.
    package struct Target: Sendable, Hashable {
        package var address: UInt64
        package var size: UInt64
        /// The first damaged or wrongly used byte, from the block's first.
        package var offset: Int64
        package var family: Family
        /// Its first word, where it could be read: the metadata of a Swift object; else 0.
        package var typeWord: UInt64

        package init(address: UInt64, size: UInt64, offset: Int64, family: Family = .malloc, typeWord: UInt64 = 0) {
            self.address = address
            self.size = size
            self.offset = offset
            self.family = family
            self.typeWord = typeWord
        }
    }

    /// Stays the same while the process lives.
    package var id: UInt32
    package var kind: Kind
    package var discovery: Discovery
    /// Accessed, or given to free.
    package var address: UInt64
    /// Nil when none is known.
    package var target: Target?
    package var access = Witness()
    package var allocated = Witness()
    package var freed = Witness()
    package var count: UInt64 = 1
    package var firstSeen: UInt64 = 0
    package var lastSeen: UInt64 = 0
    /// An access that was seen, and only read.
    package var isRead = false
    /// The call was not passed on to the allocator.
    package var isRefused = false
    /// The bad free was a `realloc`.
    package var isRealloc = false
    /// The program could not go on.
    package var isFatal = false
    /// Not proved to be the block: the nearest that registers and stack pointed to, or, when freed twice, one that may
    /// have been at its address before the last.
    package var isGuessed = false
    package var place: Place?
    /// For a bad free, how it was freed.
    package var givenFamily = Family.malloc
    /// The size it was freed with, where that was wrong.
    package var givenSize: UInt64?
    /// Memory around the damage, and where it begins.
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
