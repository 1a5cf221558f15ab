internal import CMemscope

/// Takes a picture of the heap (stand-in until the layouts are merged).
package struct HeapScanner {
    package struct Options: Sendable {
        package var memoryLimit: UInt64
        package var timeout: UInt64
        package var registers: Bool

        package init(memoryLimit: UInt64, timeout: UInt64, registers: Bool) {
            self.memoryLimit = memoryLimit
            self.timeout = timeout
            self.registers = registers
        }
    }

    package enum Problem: Error { case busy, incomplete, tooLarge, noMemory, timedOut, died, forbidden }

    package static func scan(_ options: Options, names: MetadataStore) throws(Problem) -> HeapGraph {
        var raw = mscope_scan_options()
        raw.memory_limit = options.memoryLimit
        raw.timeout = options.timeout
        raw.registers = options.registers
        var problem = mscope_scan_problem(0)
        guard let scan = unsafe mscope_scan_take(&raw, &problem) else {
            switch problem {
            case MSCOPE_SCAN_BUSY: throw .busy
            case MSCOPE_SCAN_INCOMPLETE: throw .incomplete
            case MSCOPE_SCAN_TOO_LARGE: throw .tooLarge
            case MSCOPE_SCAN_NO_MEMORY: throw .noMemory
            case MSCOPE_SCAN_TIMED_OUT: throw .timedOut
            case MSCOPE_SCAN_DIED: throw .died
            default: throw .forbidden
            }
        }
        nonisolated(unsafe) let held = unsafe scan
        let nodes = unsafe OwnBuffer<HeapNode>(
            borrowing: held.pointee.nodes, count: Int(held.pointee.node_count) + 1
        ) { unsafe mscope_scan_release(held) }
        let edges = unsafe OwnBuffer<HeapEdge>(
            borrowing: held.pointee.edges, count: Int(held.pointee.edge_count)
        ) { _ = nodes }
        let roots = unsafe OwnBuffer<HeapRoot>(
            borrowing: held.pointee.roots, count: Int(held.pointee.root_count)
        ) { _ = nodes }
        var types: [BlockType] = []
        var places: [BlockType: UInt32] = [:]
        var start = 0
        while start < nodes.count - 1 {
            let end = min(start + 4096, nodes.count - 1)
            let blocks = (start..<end).map { Block(address: nodes[$0].address, size: nodes[$0].size, site: nodes[$0].site) }
            let found = names.classify(blocks) { id in
                CaptureCore.site(id).map { names.allocatingModule(stack: $0.addresses, at: $0.firstSeen) } ?? "unknown"
            }
            for index in start..<end {
                let type = found[index - start]
                if places[type] == nil {
                    places[type] = UInt32(types.count)
                    types.append(type)
                }
                nodes[index].type = places[type]!
            }
            start = end
        }
        var circumstances = HeapGraph.Circumstances()
        unsafe circumstances.method = .init(rawValue: held.pointee.method) ?? .fork
        unsafe circumstances.takenAt = held.pointee.taken_at
        unsafe circumstances.pause = held.pointee.pause
        unsafe circumstances.duration = held.pointee.duration
        unsafe circumstances.threads = Int(held.pointee.threads)
        unsafe circumstances.threadsRead = Int(held.pointee.threads_read)
        unsafe circumstances.threadsLeft = Int(held.pointee.threads_left)
        unsafe circumstances.hasUnknownHeap = held.pointee.has_unknown_heap
        return HeapGraph(
            nodes: nodes, edges: edges, roots: roots, types: types, layouts: types.map { _ in nil },
            circumstances: circumstances
        )
    }
}

extension HeapGraph {
    package func origin(of node: Int) -> (birth: UInt64, thread: UInt32, task: UInt64) {
        var birth: UInt64 = 0
        var thread: UInt32 = 0
        var task: UInt64 = 0
        unsafe mscope_scan_origin(nodes[node].born, &birth, &thread, &task)
        return (birth, thread, task)
    }
}
