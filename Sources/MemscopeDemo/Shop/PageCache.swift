/// Rendered product pages; above a number of bytes, the least recently used ones are dropped.
actor PageCache {
    private final class Entry {
        let id: Int
        let page: [UInt8]
        var lastUse: UInt64

        init(id: Int, page: [UInt8], lastUse: UInt64) {
            self.id = id
            self.page = page
            self.lastUse = lastUse
        }
    }

    private let capacity: Int
    private var entries: [Int: Entry] = [:]
    private var bytes = 0
    private var uses: UInt64 = 0

    init(capacityInBytes capacity: Int) { self.capacity = capacity }

    func page(for id: Int) -> [UInt8]? {
        uses += 1
        entries[id]?.lastUse = uses
        return entries[id]?.page
    }

    func insert(_ page: [UInt8], for id: Int) {
        uses += 1
        bytes += page.count - (entries[id]?.page.count ?? 0)
        entries[id] = Entry(id: id, page: page, lastUse: uses)
        if bytes > capacity { evict() }
    }

    /// Drops a tenth at once, because sorting for each single page would cost more than it saves.
    private func evict() {
        for entry in entries.values.sorted(by: { $0.lastUse < $1.lastUse }) where bytes > capacity / 10 * 9 {
            entries[entry.id] = nil
            bytes -= entry.page.count
        }
    }
}
