// Plain values that are passed from the capture core to the wire format. Sizes are byte counts (`UInt64`), times are
// nanoseconds on the monotonic clock, unless a name says otherwise.

/// Counters of events; figures of live blocks are differences between them.
package struct Counts: Sendable, Hashable {
    package var allocations: UInt64
    package var frees: UInt64
    package var allocatedBytes: UInt64
    package var freedBytes: UInt64

    package init(allocations: UInt64 = 0, frees: UInt64 = 0, allocatedBytes: UInt64 = 0, freedBytes: UInt64 = 0) {
        self.allocations = allocations
        self.frees = frees
        self.allocatedBytes = allocatedBytes
        self.freedBytes = freedBytes
    }

    // Counters of several threads are read one after another, so a free may be counted before its allocation: the
    // result is clamped to 0 instead of trapping.
    package var liveBlocks: UInt64 { allocations > frees ? allocations - frees : 0 }
    package var liveBytes: UInt64 { allocatedBytes > freedBytes ? allocatedBytes - freedBytes : 0 }
}

/// How reliable a recorded call stack is.
package enum UnwindQuality: String, Sendable, Hashable, CaseIterable {
    case exact, truncated, guessed
}

/// A distinct call stack with its counters.
package struct Site: Sendable, Hashable {
    /// The number of the stack; 0 means that no stack was taken.
    package var id: UInt32
    /// Return addresses, innermost first.
    package var addresses: [UInt64]
    package var quality: UnwindQuality
    /// Whether the outer frames were found through async contexts.
    package var isAsync: Bool
    package var firstSeen: UInt64
    package var counts: Counts
    /// The highest live bytes at any moment at which counters were merged: a lower bound of the peak.
    package var peakBytes: UInt64

    package init(
        id: UInt32,
        addresses: [UInt64],
        quality: UnwindQuality = .exact,
        isAsync: Bool = false,
        firstSeen: UInt64 = 0,
        counts: Counts = Counts(),
        peakBytes: UInt64 = 0
    ) {
        self.id = id
        self.addresses = addresses
        self.quality = quality
        self.isAsync = isAsync
        self.firstSeen = firstSeen
        self.counts = counts
        self.peakBytes = peakBytes
    }
}

/// One allocation that has not been freed.
package struct Block: Sendable, Hashable {
    package var address: UInt64
    package var size: UInt64
    package var birth: UInt64
    package var site: UInt32
    package var thread: UInt32
    /// Swift's task id; 0 outside of a task.
    package var task: UInt64
    /// How many blocks this one stands for; 1 when every block is recorded.
    package var weight: UInt64
    /// The same for the figures of its site: also more than 1 when only stacks are sampled, 0 when its stack was not
    /// taken.
    package var siteWeight: UInt64
    /// The call of a scope in which it was allocated; 0: none.
    package var call: UInt32

    package init(
        address: UInt64,
        size: UInt64,
        birth: UInt64 = 0,
        site: UInt32 = 0,
        thread: UInt32 = 0,
        task: UInt64 = 0,
        weight: UInt64 = 1,
        siteWeight: UInt64 = 1,
        call: UInt32 = 0
    ) {
        self.address = address
        self.size = size
        self.birth = birth
        self.site = site
        self.thread = thread
        self.task = task
        self.weight = weight
        self.siteWeight = siteWeight
        self.call = call
    }
}

/// A thread that allocated, running or ended.
package struct ThreadRecord: Sendable, Hashable {
    package var id: UInt32
    package var tid: Int32
    package var name: String
    package var startedAt: UInt64
    /// Nil while the thread runs.
    package var endedAt: UInt64?
    /// Whether it is one of MemScope's own threads.
    package var isInternal: Bool
    package var counts: Counts

    package init(
        id: UInt32,
        tid: Int32,
        name: String,
        startedAt: UInt64 = 0,
        endedAt: UInt64? = nil,
        isInternal: Bool = false,
        counts: Counts = Counts()
    ) {
        self.id = id
        self.tid = tid
        self.name = name
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.isInternal = isInternal
        self.counts = counts
    }
}

/// An ELF file that is, or was, mapped into the process.
package struct Image: Sendable, Hashable {
    /// An absolute path; "[vdso]"; a file's name alone, or "", when no more is known.
    package var path: String
    package var bias: UInt64
    package var start: UInt64
    /// One past the last mapped address.
    package var end: UInt64
    /// The last time at which the image was known not to be mapped yet; 0 when there was no such time.
    package var loadedAfter: UInt64
    package var loadedAt: UInt64
    /// Nil while the image is mapped.
    package var unloadedAt: UInt64?
    /// The build id in hexadecimal; empty when the file has none.
    package var buildID: String

    package init(
        path: String,
        bias: UInt64,
        start: UInt64,
        end: UInt64,
        loadedAfter: UInt64 = 0,
        loadedAt: UInt64 = 0,
        unloadedAt: UInt64? = nil,
        buildID: String = ""
    ) {
        self.path = path
        self.bias = bias
        self.start = start
        self.end = end
        self.loadedAfter = loadedAfter
        self.loadedAt = loadedAt
        self.unloadedAt = unloadedAt
        self.buildID = buildID
    }

    /// The path without the suffix that the kernel appends after the file was deleted.
    package var filePath: String {
        let suffix = " (deleted)"
        return path.hasSuffix(suffix) ? String(path.dropLast(suffix.utf8.count)) : path
    }

    /// The file name without folders; nil when it is not known.
    package var name: String? {
        path.isEmpty ? nil : filePath.split(separator: "/").last.map(String.init) ?? path
    }

    package func covers(_ address: UInt64) -> Bool {
        start <= address && address < end
    }
}

/// The core's own counters at one moment.
package struct Totals: Sendable, Hashable {
    package var program = Counts()
    package var ownThreads = Counts()
    /// Number of raw samples behind the estimates; 0 means that everything was measured.
    package var sampledAllocations: UInt64 = 0
    /// How often tracking was off after it had begun.
    package var gaps: UInt64 = 0
    package var peakLiveBytes: UInt64 = 0
    package var peakErrorBytes: UInt64 = 0
    package var mappedCalls: UInt64 = 0
    package var unmappedCalls: UInt64 = 0
    package var mappedBytes: UInt64 = 0
    package var unmappedBytes: UInt64 = 0
    package var ownBytes: UInt64 = 0
    package var ownLimitBytes: UInt64 = 0
    package var sites: UInt64 = 0
    package var siteCapacity: UInt64 = 0
    /// Sites without live blocks that were given up for new ones, because the stack table was nearly full.
    package var recycledSites: UInt64 = 0
    /// What was counted for these sites, and is in no site's counts any more.
    package var recycledAllocations: UInt64 = 0
    package var recycledBytes: UInt64 = 0
    package var stacksExact: UInt64 = 0
    package var stacksTruncated: UInt64 = 0
    package var stacksGuessed: UInt64 = 0
    package var threadsAlive: UInt64 = 0
    package var threadsSeen: UInt64 = 0
    package var droppedEvents: UInt64 = 0
    package var droppedStacks: UInt64 = 0
    package var droppedBlocks: UInt64 = 0
    package var droppedAccounts: UInt64 = 0
    package var droppedThreads: UInt64 = 0
    package var startedAt: UInt64 = 0

    package init() {}

    /// The number of all items that were lost because a table or ring was full.
    package var dropped: UInt64 {
        droppedEvents + droppedStacks + droppedBlocks + droppedAccounts + droppedThreads
    }
}

/// The type of a live block, read from its first word.
package struct BlockType: Sendable, Hashable {
    /// "Demo.Account", "_ContiguousArrayStorage<Int>"; for C blocks the allocating image.
    package var name: String
    package var kind: TypeKind

    package init(name: String, kind: TypeKind) {
        self.name = name
        self.kind = kind
    }

    /// The type of a block whose first words have no known meaning.
    package static let unknown = BlockType(name: "unknown", kind: .unknown)
}

/// An event in the life of one block, kept for the history.
package struct Event: Sendable, Hashable {
    package enum Kind: UInt32, Sendable { case allocation = 1, free, reallocation }

    package var kind: Kind
    package var time: UInt64
    package var address: UInt64
    package var size: UInt64
    package var site: UInt32
    package var thread: UInt32
    package var task: UInt64

    package init(
        kind: Kind,
        time: UInt64,
        address: UInt64,
        size: UInt64,
        site: UInt32,
        thread: UInt32,
        task: UInt64
    ) {
        self.kind = kind
        self.time = time
        self.address = address
        self.size = size
        self.site = site
        self.thread = thread
        self.task = task
    }
}
