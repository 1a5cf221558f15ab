/// Finds the child of a node for a function: an open-addressed table, because a graph of many stacks needs millions of
/// look-ups.
struct ChildTable {
    /// Parent and function of each entry; 0, which no entry uses, marks an empty one.
    private var keys: [UInt64]
    private var children: [UInt32]
    private var count = 0

    init() {
        keys = Array(repeating: 0, count: 1024)
        children = Array(repeating: 0, count: 1024)
    }

    /// The child of a node for a function; when there is none, inserts `new` and returns it.
    ///
    /// - Precondition: `parent` and `function` are not both 0, and `new` is not 0.
    mutating func child(of parent: UInt32, for function: UInt32, orInsert new: UInt32) -> UInt32 {
        let key = UInt64(parent) << 32 | UInt64(function)
        let place = place(of: key)
        if keys[place] == key { return children[place] }
        keys[place] = key
        children[place] = new
        count += 1
        if count * 2 > keys.count { grow() }
        return new
    }

    /// The index of the key, or the index at which it must be inserted.
    private func place(of key: UInt64) -> Int {
        let mask = keys.count - 1
        // Fibonacci hashing: all bits of the key influence the high bits of the product.
        var place = Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[place] != 0, keys[place] != key { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let (oldKeys, oldChildren) = (keys, children)
        keys = Array(repeating: 0, count: 2 * oldKeys.count)
        children = Array(repeating: 0, count: keys.count)
        for (index, key) in oldKeys.enumerated() where key != 0 {
            let place = place(of: key)
            keys[place] = key
            children[place] = oldChildren[index]
        }
    }
}
