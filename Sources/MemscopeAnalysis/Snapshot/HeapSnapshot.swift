package import Tracking

/// Live blocks and bytes of one call stack.
package struct SiteTotal: Sendable, Hashable {
    package var site: UInt32
    package var blocks: UInt64
    package var bytes: UInt64

    package init(site: UInt32, blocks: UInt64, bytes: UInt64) {
        self.site = site
        self.blocks = blocks
        self.bytes = bytes
    }
}

/// Live blocks and bytes of one type.
package struct TypeTotal: Sendable, Hashable {
    package var type: BlockType
    package var blocks: UInt64
    package var bytes: UInt64

    package init(type: BlockType, blocks: UInt64, bytes: UInt64) {
        self.type = type
        self.blocks = blocks
        self.bytes = bytes
    }
}

/// The live blocks of one moment, summed up by call stack and type.
///
/// Single blocks are not kept: the memory of a snapshot depends on the number of distinct sites and types, not on the
/// number of blocks, so that many snapshots can be kept in the observed process.
package struct HeapSnapshot: Sendable, Hashable {
    /// "s1", "s2", … for a snapshot that is kept; "now" before.
    package internal(set) var id = Self.unkeptID
    package internal(set) var name = Self.unkeptID
    /// In nanoseconds on the monotonic clock.
    package let takenAt: UInt64
    /// Whether the walk delivered every block that was live when it began.
    package let isConsistent: Bool
    /// The number of blocks that were live when the walk began, but which the walk missed.
    package let missedBlocks: UInt64
    package let liveBlocks: UInt64
    package let liveBytes: UInt64
    /// The standard error of `liveBytes` and `liveBlocks`; zero when every block was measured.
    package let standardError: StandardError
    package let types: [BlockType]
    package let groups: [HeapGroup]

    /// The id of a snapshot that is not kept, in answers and in requests.
    package static let unkeptID = "now"

    /// Makes a snapshot from a finished tally.
    ///
    /// - Parameters:
    ///   - tally: Contains every block of one walk.
    ///   - types: The table to which the type indices in the tally refer.
    ///   - takenAt: When the walk began, in nanoseconds on the monotonic clock.
    ///   - isConsistent: Whether the walk delivered every block as of one moment.
    ///   - missedBlocks: The number of blocks that the walk missed.
    /// - Precondition: Every type index in the tally is within `types`.
    package init(
        _ tally: HeapTally,
        types: [BlockType],
        takenAt: UInt64,
        isConsistent: Bool = true,
        missedBlocks: UInt64 = 0
    ) {
        let highest = tally.groups.lazy.map(\.type).max()
        precondition(highest.map { $0 < types.count } ?? true, "type \(highest ?? 0) of \(types.count)")
        self.takenAt = takenAt
        self.isConsistent = isConsistent
        self.missedBlocks = missedBlocks
        self.liveBlocks = tally.liveBlocks
        self.liveBytes = tally.liveBytes
        self.standardError = tally.standardError
        self.types = types
        self.groups = tally.groups
    }

    /// The sums for each call stack, by descending bytes.
    ///
    /// When stacks are sampled, these are estimates, while `byType` is still exact; blocks without a stack have no row.
    ///
    /// - Complexity: O(*g* log *g*) for *g* groups.
    package var bySite: [SiteTotal] {
        var totals: [UInt32: SiteTotal] = [:]
        for group in groups where group.siteBlocks > 0 {
            totals[group.site, default: SiteTotal(site: group.site, blocks: 0, bytes: 0)].add(group)
        }
        return totals.values.sorted {
            ($1.bytes, $1.blocks, $0.site) < ($0.bytes, $0.blocks, $1.site)
        }
    }

    /// The census: the sums for each type, by descending bytes.
    ///
    /// - Complexity: O(*g* + *t* log *t*) for *g* groups of *t* types.
    package var byType: [TypeTotal] {
        var totals: [BlockType: TypeTotal] = [:]
        for group in groups {
            // Two indices may stand for the same type: each image that emitted its metadata has a pointer of its own.
            let type = types[Int(group.type)]
            totals[type, default: TypeTotal(type: type, blocks: 0, bytes: 0)].add(group)
        }
        return totals.values.sorted {
            ($1.bytes, $1.blocks, $0.type.name, $0.type.kind.rawValue)
                < ($0.bytes, $0.blocks, $1.type.name, $1.type.kind.rawValue)
        }
    }
}

extension SiteTotal {
    fileprivate mutating func add(_ group: HeapGroup) {
        blocks &+= group.siteBlocks
        bytes &+= group.siteBytes
    }
}

extension TypeTotal {
    fileprivate mutating func add(_ group: HeapGroup) {
        blocks &+= group.blocks
        bytes &+= group.bytes
    }
}
