package import Tracking

/// A block of a type, as a row of a list.
package struct InstanceValues: Sendable, Hashable {
    package var address: UInt64
    package var type: BlockType
    package var size: UInt64
    /// The retained size; nil when there is no memory to compute it.
    package var retainedBytes: UInt64?
    package var isReachable: Bool
    /// In nanoseconds on the monotonic clock.
    package var birth: UInt64
    package var site: UInt32

    package init(
        address: UInt64,
        type: BlockType,
        size: UInt64,
        retainedBytes: UInt64?,
        isReachable: Bool,
        birth: UInt64,
        site: UInt32
    ) {
        self.address = address
        self.type = type
        self.size = size
        self.retainedBytes = retainedBytes
        self.isReachable = isReachable
        self.birth = birth
        self.site = site
    }
}

/// Everything that is known about one block.
///
/// It contains addresses of the program's blocks. So it must not live longer than its request; otherwise the next scan
/// would find these blocks held.
package struct ObjectValues: Sendable, Hashable {
    package var address: UInt64
    package var size: UInt64
    package var type: BlockType
    /// In nanoseconds on the monotonic clock.
    package var birth: UInt64
    /// 0 when the thread is not known.
    package var thread: UInt32
    /// 0 when the block was allocated outside of a task.
    package var task: UInt64
    package var site: UInt32
    package var stack: [Frame]
    /// Nil for a block that is no Swift object.
    package var counts: Counts?
    package var retainedBytes: UInt64?
    package var isReachable: Bool
    /// Nil when no root reaches the block.
    package var rootPath: RootPath?
    package var referrers = Neighbours()
    package var referents = Neighbours()
    package var dominator: Step?

    package init(
        address: UInt64,
        size: UInt64,
        type: BlockType,
        birth: UInt64 = 0,
        thread: UInt32 = 0,
        task: UInt64 = 0,
        site: UInt32 = 0,
        stack: [Frame] = [],
        isReachable: Bool = true
    ) {
        self.address = address
        self.size = size
        self.type = type
        self.birth = birth
        self.thread = thread
        self.task = task
        self.site = site
        self.stack = stack
        self.isReachable = isReachable
    }

    /// The reference counts of a Swift object; each is nil when it cannot be read.
    package struct Counts: Sendable, Hashable {
        package var strong: Int?
        package var unowned: Int?
        package var weak: Int?

        package init(strong: Int?, unowned: Int?, weak: Int?) {
            self.strong = strong
            self.unowned = unowned
            self.weak = weak
        }
    }

    /// A block on a path, and its field that holds the next block; the last block has no field.
    package struct Step: Sendable, Hashable {
        package var address: UInt64
        package var type: String
        package var field: String?

        package init(address: UInt64, type: String, field: String? = nil) {
            self.address = address
            self.type = type
            self.field = field
        }
    }

    /// A reference to a block from outside of the heap.
    package struct Root: Sendable, Hashable {
        package var kind: HeapRoot.Kind
        package var tid: Int32?
        package var image: String?
        package var symbol: String?

        package init(kind: HeapRoot.Kind, tid: Int32? = nil, image: String? = nil, symbol: String? = nil) {
            self.kind = kind
            self.tid = tid
            self.image = image
            self.symbol = symbol
        }
    }

    /// The shortest path from a root to the block, which is the last step.
    package struct RootPath: Sendable, Hashable {
        package var root: Root
        package var steps: [Step]

        package init(root: Root, steps: [Step]) {
            self.root = root
            self.steps = steps
        }
    }

    /// The block at the other end of a reference.
    package struct Neighbour: Sendable, Hashable {
        package var block: Step
        package var kind: EdgeKind

        package init(_ block: Step, kind: EdgeKind) {
            self.block = block
            self.kind = kind
        }
    }

    /// The first neighbours, and the number of all.
    package struct Neighbours: Sendable, Hashable {
        package var first: [Neighbour]
        package var total: Int

        package init(_ first: [Neighbour] = [], total: Int = 0) {
            self.first = first
            self.total = total
        }
    }
}
