package import Tracking

/// A block of a type, as a list shows it.
package struct InstanceValues: Sendable, Hashable {
    package var address: UInt64
    package var type: BlockType
    package var size: UInt64
    /// Nil when there is no memory to know it.
    package var retainedBytes: UInt64?
    package var isReachable: Bool
    /// Monotonic nanoseconds.
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

/// Everything known about one block.
///
/// It holds addresses of the program's blocks: it must not outlive its request, or the next scan finds them held.
package struct ObjectValues: Sendable, Hashable {
    package var address: UInt64
    package var size: UInt64
    package var type: BlockType
    /// Monotonic nanoseconds.
    package var birth: UInt64
    /// 0 when it is not known.
    package var thread: UInt32
    /// 0 without a task.
    package var task: UInt64
    package var site: UInt32
    package var stack: [Frame]
    /// Nil for what is no Swift object.
    package var counts: Counts?
    package var retainedBytes: UInt64?
    package var isReachable: Bool
    /// Nil when nothing reaches it.
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

    /// Reference counts of a Swift object; each nil when it cannot be read.
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

    /// A block on a path, and its field that holds the next; no field where the path ends.
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

    /// What holds a block from outside of the heap.
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

    /// The shortest way from a root to the block, which comes last.
    package struct RootPath: Sendable, Hashable {
        package var root: Root
        package var steps: [Step]

        package init(root: Root, steps: [Step]) {
            self.root = root
            self.steps = steps
        }
    }

    /// The other side of a reference.
    package struct Neighbour: Sendable, Hashable {
        package var block: Step
        package var kind: EdgeKind

        package init(_ block: Step, kind: EdgeKind) {
            self.block = block
            self.kind = kind
        }
    }

    /// The first of them, and how many there are.
    package struct Neighbours: Sendable, Hashable {
        package var first: [Neighbour]
        package var total: Int

        package init(_ first: [Neighbour] = [], total: Int = 0) {
            self.first = first
            self.total = total
        }
    }
}
