/// A dictionary that forgets what was not asked for lately.
///
/// Two generations: what is used moves to the young one; when that holds `capacity`
/// entries it becomes the old one, and the old one is dropped. So it never holds more
/// than twice `capacity` entries, and every operation costs a dictionary access or two.
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
