internal import CMemscope

/// Why the heap could not be scanned.
package enum HeapScanProblem: UInt32, Error, Sendable, CaseIterable {
    case busy = 1, incomplete, tooLarge, noMemory, timedOut, died, forbidden

    package var reason: String {
        switch self {
        case .busy: "another scan or census of the heap is under way"
        case .incomplete: "not every live block is known, so what holds a block could be missed"
        case .tooLarge: "the graph of the heap does not fit the memory that a scan may use"
        case .noMemory: "the system refused the memory that a scan needs"
        case .timedOut: "the scan took too long and was ended"
        case .died: "the copy of the process in which the scan runs was killed"
        case .forbidden: "the process may neither be copied nor may its threads be stopped"
        }
    }

    /// What the user can do about the problem.
    package var remedy: String {
        switch self {
        case .busy: "try again when it is done"
        case .incomplete: "start the program in mode \"full\" or \"balanced\""
        case .tooLarge: "allow the scan more memory, or scan while fewer blocks are live"
        case .noMemory: "raise the process' or the container's memory limit"
        case .timedOut: "allow the scan more time, or scan while the machine is less busy"
        case .died: "look for the out-of-memory killer in the kernel's log, and raise the memory limit"
        case .forbidden: "allow the system call clone or tgkill in the container's seccomp profile"
        }
    }
}

/// The heap at one moment as the core read it: blocks and words, without their meaning.
package struct HeapScan: Sendable {
    package let nodes: OwnBuffer<HeapNode>
    package let edges: OwnBuffer<HeapEdge>
    package let roots: OwnBuffer<HeapRoot>
    package let circumstances: HeapGraph.Circumstances
    let memory: ScanMemory

    package init(
        nodes: OwnBuffer<HeapNode>,
        edges: OwnBuffer<HeapEdge>,
        roots: OwnBuffer<HeapRoot>,
        circumstances: HeapGraph.Circumstances = HeapGraph.Circumstances()
    ) {
        self.init(nodes, edges, roots, circumstances, ScanMemory())
    }

    fileprivate init(
        _ nodes: OwnBuffer<HeapNode>,
        _ edges: OwnBuffer<HeapEdge>,
        _ roots: OwnBuffer<HeapRoot>,
        _ circumstances: HeapGraph.Circumstances,
        _ memory: ScanMemory
    ) {
        self.nodes = nodes
        self.edges = edges
        self.roots = roots
        self.circumstances = circumstances
        self.memory = memory
    }

    /// The edges that leave a block, ascending by offset.
    func edges(of node: Int) -> Range<Int> {
        Int(nodes[node].firstEdge)..<Int(nodes[node + 1].firstEdge)
    }
}

/// Scans the whole heap, once per call.
package enum HeapScanner {
    package struct Options: Sendable, Hashable {
        /// The largest size of the graph, in bytes.
        package var memoryLimit: UInt64 = 4 << 30
        /// The largest duration of the scan, in nanoseconds.
        package var timeout: UInt64 = 60_000_000_000
        /// Stop the program's threads while the copy is made, and take their registers as roots.
        package var readsRegisters = false
        /// Leave out the references on the stack of the calling thread.
        package var withoutOwnStack = false
        /// Act as if the process could not be copied.
        package var withoutFork = false
        /// Act as if threads could not be traced.
        package var withoutTracing = false

        package init() {}
    }

    /// Makes one scan; may be called from any thread.
    ///
    /// - Throws: The reason why the scan was not possible.
    package static func scan(_ options: Options = Options()) throws(HeapScanProblem) -> HeapScan {
        var raw = mscope_scan_options()
        raw.memory_limit = options.memoryLimit
        raw.timeout = options.timeout
        raw.registers = options.readsRegisters
        raw.without_own_stack = options.withoutOwnStack
        raw.without_fork = options.withoutFork
        raw.without_ptrace = options.withoutTracing
        var problem = MSCOPE_SCAN_FORBIDDEN
        guard let scan = unsafe mscope_scan_take(&raw, &problem) else {
            throw HeapScanProblem(rawValue: problem.rawValue) ?? .forbidden
        }
        return unsafe HeapScan(scan)
    }
}

extension HeapScan {
    /// Uses the core's memory in place; the memory is released when the last of the three buffers is gone.
    @unsafe fileprivate init(_ scan: UnsafeMutablePointer<mscope_scan>) {
        let owner = unsafe ScanOwner(scan)
        let raw = unsafe scan.pointee
        let release = { withExtendedLifetime(owner) {} }
        unsafe self.init(
            OwnBuffer(borrowing: raw.nodes, count: Int(raw.node_count) + 1, release: release),
            OwnBuffer(borrowing: raw.edges, count: Int(raw.edge_count), release: release),
            OwnBuffer(borrowing: raw.roots, count: Int(raw.root_count), release: release),
            HeapGraph.Circumstances(raw),
            ScanMemory(scan)
        )
    }
}

// `@unchecked Sendable`: the pointer is written once, and is used only in deinit, when no reference to this object is
// left.
@safe private final class ScanOwner: @unchecked Sendable {
    private let scan: UnsafeMutablePointer<mscope_scan>

    @unsafe init(_ scan: UnsafeMutablePointer<mscope_scan>) {
        unsafe self.scan = scan
    }

    deinit {
        unsafe mscope_scan_release(scan)
    }
}

extension HeapGraph.Circumstances {
    @unsafe fileprivate init(_ raw: mscope_scan) {
        self.init()
        method = unsafe Method(rawValue: raw.method) ?? .fork
        takenAt = unsafe raw.taken_at
        pause = unsafe raw.pause
        duration = unsafe raw.duration
        threads = unsafe Int(raw.threads)
        threadsRead = unsafe Int(raw.threads_read)
        threadsLeft = unsafe Int(raw.threads_left)
        hasUnreadableKernel = unsafe raw.has_unreadable_kernel
        hasUnknownHeap = unsafe raw.has_unknown_heap
    }
}

/// When and by which thread and task a block was allocated.
package struct BlockOrigin: Sendable, Hashable {
    /// In nanoseconds on the monotonic clock.
    package var birth: UInt64
    package var thread: UInt32
    /// The number of the task; 0 when the block was allocated outside of a task.
    package var task: UInt64
}

extension HeapGraph {
    package func origin(of node: Int) -> BlockOrigin {
        var origin = BlockOrigin(birth: 0, thread: 0, task: 0)
        unsafe mscope_scan_origin(nodes[node].address, nodes[node].born, &origin.birth, &origin.thread, &origin.task)
        return origin
    }
}
