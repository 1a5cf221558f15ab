internal import CMemscope

/// The threads that allocated, running or ended, by the core's number.
package struct ThreadRegistry: Sendable {
    /// Ascending by id.
    package private(set) var threads: [ThreadRecord] = []

    package init() {}

    /// Reads counters, names and ends of all threads again.
    package mutating func refresh() {
        var records = [mscope_thread_info](repeating: mscope_thread_info(), count: 64)
        var cursor: UInt32 = 0
        var found: [ThreadRecord] = []
        while true {
            let count = unsafe mscope_read_threads(&cursor, &records, records.count)
            if count == 0 { break }
            found += records.prefix(count).map(ThreadRecord.init)
        }
        threads = found.sorted { $0.id < $1.id }
    }

    package func thread(_ id: UInt32) -> ThreadRecord? {
        let position = partitionPoint(in: threads) { $0.id >= id }
        guard position < threads.count, threads[position].id == id else { return nil }
        return threads[position]
    }
}

extension ThreadRecord {
    init(_ record: mscope_thread_info) {
        self.init(
            id: record.id,
            tid: record.tid,
            name: text(of: record.name),
            startedAt: record.started_at,
            endedAt: record.ended_at == 0 ? nil : record.ended_at,
            isInternal: record.internal,
            counts: Counts(record.counts)
        )
    }
}
