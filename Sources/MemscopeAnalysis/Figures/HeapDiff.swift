public import Tracking

extension MemScope {
    /// The changes from one snapshot to another, as in the answer of `/api/diff`.
    ///
    /// Rows without a change are left out. The rows are sorted by the absolute change of bytes, largest first.
    public struct HeapDiff: Sendable, Hashable, Codable {
        /// The older snapshot.
        public var from: Snapshot
        /// The newer one.
        public var to: Snapshot
        /// The change of the live bytes, in bytes; negative when they became fewer.
        public var bytes: Int64
        /// The change of the number of live blocks.
        public var blocks: Int64
        /// The changes by call stack, largest first.
        public var sites: [SiteChange]
        /// The changes by type, largest first.
        public var types: [TypeChange]

        /// One of the two snapshots.
        public struct Snapshot: Sendable, Hashable, Codable {
            /// The id of the snapshot, such as "s1"; "now" for the current heap, which is not kept as a snapshot.
            public var id: String
            /// The name that was given when the snapshot was taken; the id when none was given.
            public var name: String
            /// When the snapshot was taken, on the monotonic clock: time since the system was started, without sleep.
            public var takenAt: Duration { .nanoseconds(takenAtNanoseconds) }
            package var takenAtNanoseconds: UInt64
            /// The bytes of all live blocks.
            public var liveBytes: UInt64
            /// The number of live blocks.
            public var liveBlocks: UInt64
            /// Whether the walk saw every block that was live when it began.
            public var isConsistent: Bool

            package init(_ snapshot: HeapSnapshot) {
                id = snapshot.id
                name = snapshot.name
                takenAtNanoseconds = snapshot.takenAt
                liveBytes = snapshot.liveBytes
                liveBlocks = snapshot.liveBlocks
                isConsistent = snapshot.isConsistent
            }

            private enum CodingKeys: String, CodingKey {
                case id, name, liveBytes, liveBlocks
                case takenAtNanoseconds = "takenAt"
                case isConsistent = "consistent"
            }
        }

        /// How the live blocks of a call stack or type changed.
        public enum Change: String, Sendable, Hashable, CaseIterable, Codable {
            /// There were no live blocks before.
            case new
            /// There are no live blocks any more.
            case gone
            /// More bytes, or as many in more blocks.
            case grown
            /// Fewer bytes, or as many in fewer blocks.
            case shrunk
        }

        /// The change of one call stack.
        public struct SiteChange: Sendable, Hashable, Codable {
            /// How its live blocks changed.
            public var change: Change
            /// The id of the call stack, as in `/api/sites`.
            public var id: UInt32
            /// The change of its live bytes.
            public var bytes: Int64
            /// The change of the number of its live blocks.
            public var blocks: Int64
            /// The frames of the stack, innermost call first.
            public var stack: [Frame]
        }

        /// The change of one type.
        public struct TypeChange: Sendable, Hashable, Codable {
            /// How its live blocks changed.
            public var change: Change
            /// The name of the type, such as "Demo.Account".
            public var name: String
            /// The kind of the type.
            public var kind: TypeKind
            /// The change of its live bytes.
            public var bytes: Int64
            /// The change of the number of its live blocks.
            public var blocks: Int64
        }

        /// Keeps at most `limit` rows by call stack, whose stacks are named by `naming`, and at most `limit` rows by
        /// type.
        package init(from older: HeapSnapshot, to newer: HeapSnapshot, limit: Int, naming: (UInt32) -> [Frame]) {
            let diff = SnapshotDiff(from: older, to: newer)
            (from, to) = (Snapshot(older), Snapshot(newer))
            (bytes, blocks) = (diff.bytes, diff.blocks)
            sites = diff.sites.prefix(limit).map { row in
                SiteChange(
                    change: row.kind,
                    id: row.site,
                    bytes: row.bytes,
                    blocks: row.blocks,
                    stack: naming(row.site)
                )
            }
            types = diff.types.prefix(limit).map { row in
                TypeChange(
                    change: row.kind,
                    name: row.type.name,
                    kind: row.type.kind,
                    bytes: row.bytes,
                    blocks: row.blocks
                )
            }
        }
    }
}

package typealias ChangeKind = MemScope.HeapDiff.Change
