package import Tracking

/// The type with the most bytes for each of some call stacks.
///
/// It reads the current blocks: for call stacks that are not in the last scan of the heap.
package struct SiteTypes {
    /// The number of blocks that are read for each call stack; more would give no better result.
    private static let blockLimit = 4_096

    private let sites: Set<UInt32>
    private var taken: [UInt32: Int] = [:]
    private var bytes: [UInt32: [BlockType: UInt64]] = [:]

    /// Walks over all live blocks once, and reads the first words of the blocks of these sites.
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
