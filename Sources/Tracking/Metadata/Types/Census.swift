/// One classification in progress: the index of the type for each metadata word and for each site.
struct Census {
    /// The index of a metadata word's type in the result, and the size of the smallest block that can begin with this
    /// word.
    struct Entry {
        var place: Int32
        var minimumSize: UInt64
        var isError: Bool
    }

    // The number of words remembered at most; words that are no metadata are remembered too, because they repeat.
    private static let wordLimit = 1 << 18

    private(set) var result: BlockTypes
    private let moduleOfSite: (UInt32) -> String
    private var placeOfSite: [UInt32: Int32] = [:]
    private var entries: [UInt64: Entry?] = [:]

    init(count: Int, moduleOfSite: @escaping (UInt32) -> String) {
        self.moduleOfSite = moduleOfSite
        result = BlockTypes(count: count)
    }

    /// The entry for the first word of a block, read when the word is new; nil for words that are no metadata.
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

    /// Names a block that is no Swift object after the image whose code allocated it.
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
