package import Tracking

/// What the blocks of some call stacks are mostly, by bytes.
///
/// It looks at blocks as they are now: for call stacks that were not there at the last look at the heap.
package struct SiteTypes {
    /// Blocks per call stack that are read; more would tell nothing new.
    private static let blockLimit = 4_096

    private let sites: Set<UInt32>
    private var taken: [UInt32: Int] = [:]
    private var bytes: [UInt32: [BlockType: UInt64]] = [:]

    /// Walks over all live blocks once, and reads the first words of those that are asked for.
    ///
    /// - Returns: A type for each call stack that has blocks; nil while another walk is under way.
    package static func read(of sites: Set<UInt32>, _ names: MetadataStore) -> [UInt32: BlockType]? {
        var census = SiteTypes(sites: sites)
        guard LiveBlocks({ census.add($0, names) }) != nil else { return nil }
        return census.bytes.compactMapValues(mostly)
    }

    /// The type with the most bytes; of equal ones the first by name.
    private static func mostly(_ bytes: [BlockType: UInt64]) -> BlockType? {
        bytes.max { ($0.value, $1.key.name) < ($1.value, $0.key.name) }?.key
    }

    private init(sites: Set<UInt32>) {
        self.sites = sites
    }

    private mutating func add(_ blocks: [Block], _ names: MetadataStore) {
        var chosen: [Block] = []
        for block in blocks where sites.contains(block.site) && taken[block.site, default: 0] < Self.blockLimit {
            taken[block.site, default: 0] += 1
            chosen.append(block)
        }
        guard !chosen.isEmpty else { return }
        let types = names.classify(chosen, moduleOfSite: names.module(ofSite:))
        for (index, block) in chosen.enumerated() {
            bytes[block.site, default: [:]][types[index], default: 0] += block.size
        }
    }
}
