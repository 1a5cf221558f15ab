/// One classification under way: places of types by metadata and by site.
struct Census {
    /// Where the type of some metadata stands in the result, and the smallest block it can
    /// begin.
    struct Entry {
        var place: Int32
        var minimumSize: UInt64
        var isError: Bool
    }

    // Words that are no metadata are remembered too, as they repeat; up to this many.
    private static let wordLimit = 1 << 18

    private(set) var result: BlockTypes
    private let moduleOfSite: (UInt32) -> String
    private var placeOfSite: [UInt32: Int32] = [:]
    private var entries: [UInt64: Entry?] = [:]

    init(count: Int, moduleOfSite: @escaping (UInt32) -> String) {
        self.moduleOfSite = moduleOfSite
        result = BlockTypes(count: count)
    }

    /// The entry for the first word of a block, read when it is new; nil for other words.
    mutating func entry(for word: UInt64, read: (UInt64) -> KnownType?) -> Entry? {
        if let known = entries[word] { return known }
        let entry = read(word).map { type in
            Entry(place: result.place(of: type.type), minimumSize: type.minimumSize, isError: type.isError)
        }
        if entries.count >= Self.wordLimit { entries = [:] }
        entries[word] = .some(entry)
        return entry
    }

    mutating func set(_ type: BlockType, forBlock index: Int) {
        result.set(result.place(of: type), forBlock: index)
    }

    mutating func set(place: Int32, forBlock index: Int) {
        result.set(place, forBlock: index)
    }

    /// A block that no Swift type claims is named by who allocated it.
    mutating func setModule(ofSite site: UInt32, forBlock index: Int) {
        if let known = placeOfSite[site] { return result.set(known, forBlock: index) }
        let place = result.place(of: BlockType(name: moduleOfSite(site), kind: .c))
        placeOfSite[site] = place
        result.set(place, forBlock: index)
    }

    mutating func allUnknown() -> BlockTypes {
        let place = result.place(of: .unknown)
        for index in result.indices.indices {
            result.set(place, forBlock: index)
        }
        return result
    }
}
