package import MemscopeAnalysis
package import Tracking

/// Names a call stack, given only the id of its site; innermost frame first.
package typealias SiteNaming = (UInt32) -> [Frame]

extension WireFormat {
    /// Answers `GET /api/snapshots`.
    package static func snapshots(_ store: SnapshotStore, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("snapshots", array: store.snapshots) { json, snapshot in
                json.object { members(of: snapshot, to: &$0) }
            }
            json.member("limit", store.capacity)
        }
    }

    /// Answers `POST /api/snapshots`; also the data of the event `snapshot`.
    package static func kept(_ snapshot: HeapSnapshot, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("snapshot") { members(of: snapshot, to: &$0) }
        }
    }

    /// Answers `GET /api/snapshot`.
    ///
    /// At most `limit` rows by site, and as many by type.
    package static func snapshot(
        _ snapshot: HeapSnapshot,
        limit: Int,
        naming: SiteNaming,
        in envelope: Envelope
    ) -> [UInt8] {
        let (sites, types) = (snapshot.bySite, snapshot.byType)
        return answer(in: envelope, isTruncated: max(sites.count, types.count) > limit) { json in
            json.member("snapshot") { members(of: snapshot, to: &$0) }
            json.member("sites", array: sites.prefix(limit)) { json, row in
                json.object { site(row.site, bytes: row.bytes, blocks: row.blocks, naming: naming, to: &$0) }
            }
            json.member("types", array: types.prefix(limit)) { json, row in
                json.object { type(row.type, bytes: row.bytes, blocks: row.blocks, to: &$0) }
            }
        }
    }

    /// Answers `GET /api/diff`.
    ///
    /// At most `limit` rows by site, and as many by type.
    package static func diff(
        from older: HeapSnapshot,
        to newer: HeapSnapshot,
        limit: Int,
        naming: SiteNaming,
        in envelope: Envelope
    ) -> [UInt8] {
        let diff = SnapshotDiff(from: older, to: newer)
        let isTruncated = max(diff.sites.count, diff.types.count) > limit
        return answer(in: envelope, isTruncated: isTruncated) { json in
            json.member("from") { members(of: older, to: &$0) }
            json.member("to") { members(of: newer, to: &$0) }
            json.member("bytes", diff.bytes)
            json.member("blocks", diff.blocks)
            json.member("sites", array: diff.sites.prefix(limit)) { json, row in
                json.object { json in
                    json.member("change", row.kind.rawValue)
                    site(row.site, bytes: row.bytes, blocks: row.blocks, naming: naming, to: &json)
                }
            }
            json.member("types", array: diff.types.prefix(limit)) { json, row in
                json.object { json in
                    json.member("change", row.kind.rawValue)
                    type(row.type, bytes: row.bytes, blocks: row.blocks, to: &json)
                }
            }
        }
    }

    private static func members(of snapshot: HeapSnapshot, to json: inout JSONWriter) {
        json.member("id", snapshot.id)
        json.member("name", snapshot.name)
        json.member("takenAt", snapshot.takenAt)
        json.member("liveBytes", snapshot.liveBytes)
        json.member("liveBlocks", snapshot.liveBlocks)
        json.member("standardError") { json in
            json.member("bytes", snapshot.standardError.bytes)
            json.member("blocks", snapshot.standardError.blocks)
        }
        json.member("consistent", snapshot.isConsistent)
        json.member("missedBlocks", snapshot.missedBlocks)
    }

    static func site(
        _ id: UInt32,
        bytes: some BinaryInteger,
        blocks: some BinaryInteger,
        naming: SiteNaming,
        to json: inout JSONWriter
    ) {
        json.member("id", id)
        json.member("bytes", bytes)
        json.member("blocks", blocks)
        json.stack(naming(id))
    }

    static func type(
        _ type: BlockType,
        bytes: some BinaryInteger,
        blocks: some BinaryInteger,
        to json: inout JSONWriter
    ) {
        json.member("name", type.name)
        json.member("kind", type.kind.rawValue)
        json.member("blocks", blocks)
        json.member("bytes", bytes)
    }
}
