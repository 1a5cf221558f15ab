/// The newest `capacity` elements, oldest first; a new one overwrites the oldest.
struct RingBuffer<Element: Sendable>: Sendable {
    let capacity: Int
    private var storage: [Element] = []
    /// The index of the oldest element, once the ring is full.
    private var oldest = 0

    /// - Precondition: `capacity > 0`.
    init(capacity: Int) {
        precondition(capacity > 0, "a ring of \(capacity) elements")
        self.capacity = capacity
    }

    var elements: [Element] {
        Array(storage[oldest...] + storage[..<oldest])
    }

    mutating func append(_ element: Element) {
        if storage.count < capacity {
            storage.append(element)
        } else {
            storage[oldest] = element
            oldest = (oldest + 1) % capacity
        }
    }
}
