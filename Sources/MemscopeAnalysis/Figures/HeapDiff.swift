public import Tracking

extension MemScope {
    /// What changed from one snapshot to another, as `/api/diff` has it.
    ///
    /// Rows without any change are left out; the greatest change of bytes, either way, comes first.
    public struct HeapDiff: Sendable, Hashable, Codable {
        /// The older snapshot.
        public var from: Snapshot
        /// The newer one.
        public var to: Snapshot
        /// By how much the live bytes changed.
        public var bytes: Int64
        /// By how many the live blocks changed.
        public var blocks: Int64
        /// Call stacks.
        public var sites: [SiteChange]
        /// Types.
        public var types: [TypeChange]

        /// One of the two.
        public struct Snapshot: Sendable, Hashable, Codable {
            /// Such as "s1"; "now" for the heap of now, which is not kept.
            public var id: String
            /// What it was called when it was taken; its id without a name.
            public var name: String
            /// When, on the monotonic clock: since the system was started, without the time that it slept.
            public var takenAt: Duration { .nanoseconds(takenAtNanoseconds) }
            package var takenAtNanoseconds: UInt64
            /// Bytes of live blocks.
            public var liveBytes: UInt64
            /// Live blocks.
            public var liveBlocks: UInt64
            /// Whether every block that was live when it began was seen.
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

        /// What became of live blocks.
        public enum Change: String, Sendable, Hashable, CaseIterable, Codable {
            /// There were none before.
            case new
            /// There are none any more.
            case gone
            /// More bytes, or as many in more blocks.
            case grown
            /// Fewer bytes, or as many in fewer blocks.
            case shrunk
        }

        /// The change of one call stack.
        public struct SiteChange: Sendable, Hashable, Codable {
            /// What became of it.
            public var change: Change
            /// The id of the call stack, as `/api/sites` has it.
            public var id: UInt32
            /// By how much its live bytes changed.
            public var bytes: Int64
            /// By how many its live blocks changed.
            public var blocks: Int64
            /// Innermost call first.
            public var stack: [Frame]
        }

        /// The change of one type.
        public struct TypeChange: Sendable, Hashable, Codable {
            /// What became of it.
            public var change: Change
            /// The type, such as "Demo.Account".
            public var name: String
            /// What that type is.
            public var kind: TypeKind
            /// By how much its live bytes changed.
            public var bytes: Int64
            /// By how many its live blocks changed.
            public var blocks: Int64
        }

        /// At most `limit` rows by call stack, which are named, and as many by type.
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
