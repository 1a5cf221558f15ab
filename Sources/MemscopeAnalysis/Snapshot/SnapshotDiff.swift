package import Tracking

/// The signed change of one call stack between two snapshots.
package struct SiteDifference: Sendable, Hashable {
    package var site: UInt32
    package var kind: ChangeKind
    package var blocks: Int64
    package var bytes: Int64
}

/// The signed change of one type between two snapshots.
package struct TypeDifference: Sendable, Hashable {
    package var type: BlockType
    package var kind: ChangeKind
    package var blocks: Int64
    package var bytes: Int64
}

/// The changes from one snapshot to another.
///
/// Rows without a change are left out.
package struct SnapshotDiff: Sendable, Hashable {
    package let blocks: Int64
    package let bytes: Int64
    /// By descending absolute change of bytes.
    package let sites: [SiteDifference]
    /// By descending absolute change of bytes.
    package let types: [TypeDifference]

    /// - Complexity: O(*g* log *g*) for *g* groups in both together.
    package init(from older: HeapSnapshot, to newer: HeapSnapshot) {
        blocks = Self.difference(newer.liveBlocks, older.liveBlocks)
        bytes = Self.difference(newer.liveBytes, older.liveBytes)
        sites = Self.changes(
            from: older.bySite,
            to: newer.bySite,
            key: \.site,
            blocks: \.blocks,
            bytes: \.bytes
        ).map { SiteDifference(site: $0.key, kind: $0.kind, blocks: $0.blocks, bytes: $0.bytes) }.sorted {
            Self.precedes(($0.bytes, $0.blocks), ($1.bytes, $1.blocks)) ?? ($0.site < $1.site)
        }
        types = Self.changes(
            from: older.byType,
            to: newer.byType,
            key: \.type,
            blocks: \.blocks,
            bytes: \.bytes
        ).map { TypeDifference(type: $0.key, kind: $0.kind, blocks: $0.blocks, bytes: $0.bytes) }.sorted {
            Self.precedes(($0.bytes, $0.blocks), ($1.bytes, $1.blocks))
                ?? (($0.type.name, $0.type.kind.rawValue) < ($1.type.name, $1.type.kind.rawValue))
        }
    }

    private typealias Change<Key> = (key: Key, kind: ChangeKind, blocks: Int64, bytes: Int64)

    private static func changes<Row, Key: Hashable>(
        from older: [Row],
        to newer: [Row],
        key: (Row) -> Key,
        blocks: (Row) -> UInt64,
        bytes: (Row) -> UInt64
    ) -> [Change<Key>] {
        var before: [Key: Row] = [:]
        for row in older { before[key(row)] = row }
        var changes: [Change<Key>] = newer.map { row in
            guard let old = before.removeValue(forKey: key(row)) else {
                return (key(row), .new, difference(blocks(row), 0), difference(bytes(row), 0))
            }
            let more = (bytes: difference(bytes(row), bytes(old)), blocks: difference(blocks(row), blocks(old)))
            return (key(row), more > (0, 0) ? .grown : .shrunk, more.blocks, more.bytes)
        }
        changes += before.map { ($0, .gone, difference(0, blocks($1)), difference(0, bytes($1))) }
        return changes.filter { $0.blocks != 0 || $0.bytes != 0 }
    }

    /// Whether a row comes before another; nil when only the names can decide.
    private static func precedes(_ left: (Int64, Int64), _ right: (Int64, Int64)) -> Bool? {
        if left.0.magnitude != right.0.magnitude { return left.0.magnitude > right.0.magnitude }
        if left.1.magnitude != right.1.magnitude { return left.1.magnitude > right.1.magnitude }
        return left == right ? nil : left > right
    }

    private static func difference(_ newer: UInt64, _ older: UInt64) -> Int64 {
        Int64(bitPattern: newer &- older)
    }
}
