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

/// What was alive at one moment, by call stack and type.
///
/// Single blocks are not kept: a snapshot costs memory by distinct site and type, not
/// by block, so that many can be held in the watched process.
package struct HeapSnapshot: Sendable, Hashable {
    /// "s1", "s2", … once kept; "now" before.
    package internal(set) var id = Self.unkeptID
    package internal(set) var name = Self.unkeptID
    /// Monotonic nanoseconds.
    package let takenAt: UInt64
    /// Whether the walk delivered every block that was live when it began.
    package let isConsistent: Bool
    /// Blocks that were live when the walk began and could not be delivered.
    package let missedBlocks: UInt64
    package let liveBlocks: UInt64
    package let liveBytes: UInt64
    /// Of `liveBytes` and `liveBlocks`; zero when every block was measured.
    package let standardError: StandardError
    package let types: [BlockType]
    package let groups: [HeapGroup]

    /// What a snapshot that nobody keeps is called, in an answer and in a request.
    package static let unkeptID = "now"

    /// Closes a tally.
    ///
    /// - Parameters:
    ///   - tally: Every block of one walk.
    ///   - types: The table that the tally's type indices point into.
    ///   - takenAt: When the walk began, monotonic nanoseconds.
    ///   - isConsistent: Whether the walk delivered every block as of one moment.
    ///   - missedBlocks: What the walk could not deliver.
    /// - Precondition: Every type index of the tally is within `types`.
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

    /// Totals per call stack, most bytes first.
    ///
    /// Where stacks are sampled these are estimates, while `byType` stays exact; blocks whose stack
    /// was not taken have no row.
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

    /// The census: totals per type, most bytes first.
    /// - Complexity: O(*g* + *t* log *t*) for *g* groups of *t* types.
    package var byType: [TypeTotal] {
        var totals: [BlockType: TypeTotal] = [:]
        for group in groups {
            // Two indices may name the same type: one metadata pointer per image that emitted it.
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
