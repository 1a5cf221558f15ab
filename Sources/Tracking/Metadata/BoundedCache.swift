/// A dictionary that drops entries which were not used lately.
///
/// It has two generations. An entry that is used moves to the young one; when the young one holds `capacity` entries it
/// becomes the old one, and the previous old one is dropped. So the cache never holds more than twice `capacity`
/// entries, and every operation costs one or two dictionary accesses.
package struct BoundedCache<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let capacity: Int

    package init(capacity: Int) {
        precondition(capacity > 0, "a cache of capacity \(capacity) cannot hold anything")
        self.capacity = capacity
    }

    package var count: Int { young.count + old.count }

    package mutating func value(for key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    package mutating func insert(_ value: Value, for key: Key) {
        if young.count >= capacity {
            old = young
            young = [:]
        }
        young[key] = value
    }

    package mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
