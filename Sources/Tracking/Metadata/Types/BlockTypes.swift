/// The types of many blocks: each distinct type once, and per block its place.
package struct BlockTypes: Sendable {
    package private(set) var types: [BlockType] = []
    /// Places in `types`, one per block in the order they were given.
    package private(set) var indices: [Int32]
    private var places: [BlockType: Int32] = [:]

    init(count: Int) {
        indices = Array(repeating: -1, count: count)
    }

    package subscript(block: Int) -> BlockType { types[Int(indices[block])] }

    /// The place of a type, made when it is new.
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
