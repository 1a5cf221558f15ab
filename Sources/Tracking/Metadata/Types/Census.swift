/// One classification under way.
struct Census {
    let blocks: [Block]
    /// What is mapped as it begins; nil when that is not known.
    let mapped: MappedRanges?
    let isImage: (UInt64) -> Bool
    private let moduleOfSite: (UInt32) -> String
    private(set) var result: BlockTypes
    private var placeOfSite: [UInt32: Int32] = [:]

    init(blocks: [Block], isImage: @escaping (UInt64) -> Bool, moduleOfSite: @escaping (UInt32) -> String) {
        self.blocks = blocks
        self.isImage = isImage
        self.moduleOfSite = moduleOfSite
        mapped = MappedRanges.current()
        result = BlockTypes(count: blocks.count)
    }

    mutating func set(_ type: BlockType, forBlock block: Int) {
        result.set(result.place(of: type), forBlock: block)
    }

    mutating func setPlace(_ place: Int32, forBlock block: Int) {
        result.set(place, forBlock: block)
    }

    mutating func place(of type: BlockType) -> Int32 { result.place(of: type) }

    /// A block that no Swift type claims is named by who allocated it.
    mutating func setModule(forBlock block: Int) {
        let site = blocks[block].site
        if let known = placeOfSite[site] { return result.set(known, forBlock: block) }
        let place = result.place(of: BlockType(name: moduleOfSite(site), kind: .c))
        placeOfSite[site] = place
        result.set(place, forBlock: block)
    }

    mutating func allUnknown() -> BlockTypes {
        let place = result.place(of: BlockType(name: "unknown", kind: .unknown))
        for block in blocks.indices {
            result.set(place, forBlock: block)
        }
        return result
    }
}
