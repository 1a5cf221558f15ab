package import Tracking

/// The columns by which threads can be sorted.
package enum ThreadColumn: String, ListColumn {
    case id, allocations, allocatedBytes, frees

    package static let defaultOrder = ListOrder<Self>(.allocatedBytes, isDescending: true)

    package func value(of thread: ThreadRecord) -> UInt64 {
        switch self {
        case .id: UInt64(thread.id)
        case .allocations: thread.counts.allocations
        case .allocatedBytes: thread.counts.allocatedBytes
        case .frees: thread.counts.frees
        }
    }
}

extension Page<ThreadRecord> {
    /// A page of threads; equal rows are sorted by id.
    package init(
        threads: [ThreadRecord],
        order: ListOrder<ThreadColumn>,
        after cursor: PageCursor<ThreadColumn>? = nil,
        limit: Int
    ) {
        self.init(of: threads, order: order, after: cursor, limit: limit) {
            PageKey(value: order.column.value(of: $0), id: UInt64($0.id))
        }
    }
}

/// The number of MemScope's own threads, and the sum of their counters.
package struct OwnThreads: Sendable, Hashable {
    package var count: Int
    package var counts: Counts

    package init(in threads: [ThreadRecord]) {
        let own = threads.filter(\.isInternal)
        count = own.count
        counts = own.reduce(into: Counts()) { sum, thread in
            sum.allocations &+= thread.counts.allocations
            sum.frees &+= thread.counts.frees
            sum.allocatedBytes &+= thread.counts.allocatedBytes
            sum.freedBytes &+= thread.counts.freedBytes
        }
    }
}
