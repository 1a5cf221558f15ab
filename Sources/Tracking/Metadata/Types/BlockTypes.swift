/// The types of many blocks: a list of the distinct types, and for each block an index in this list.
package struct BlockTypes: Sendable {
    package private(set) var types: [BlockType] = []
    /// Indices in `types`, one per block, in the order in which the blocks were given.
    package private(set) var indices: [Int32]
    private var places: [BlockType: Int32] = [:]

    init(count: Int) {
        indices = Array(repeating: -1, count: count)
    }

    package subscript(block: Int) -> BlockType { types[Int(indices[block])] }

    /// The index of a type; a new type is appended.
    mutating func place(of type: BlockType) -> Int32 {
        if let known = places[type] { return known }
        let place = Int32(types.count)
        types.append(type)
        places[type] = place
        return place
    }

    mutating func set(_ place: Int32, forBlock block: Int) {
        indices[block] = place
    }
}
