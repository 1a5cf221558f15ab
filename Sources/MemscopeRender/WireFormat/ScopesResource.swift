package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/scopes`.
    ///
    /// `outside` is what was allocated in no scope: with the outermost scopes it adds up to the process' totals.
    package static func scopes(
        _ page: Page<MemScope.ScopeUsage>,
        of census: ScopeCensus,
        in envelope: Envelope
    ) -> [UInt8] {
        var envelope = envelope
        envelope.isIncomplete = envelope.isIncomplete || census.droppedCalls > 0
        let outside = census.outside
        return list("scopes", page, in: envelope) { json, scope in
            row(scope, to: &json)
        } more: { json in
            json.member("outside") { json in
                json.member("allocations", outside.allocations)
                json.member("allocatedBytes", outside.allocatedBytes)
                json.member("liveBlocks", outside.liveBlocks)
                json.member("liveBytes", outside.liveBytes)
            }
            json.member("droppedCalls", census.droppedCalls)
        }
    }

    /// Answers `GET /api/scopes/{id}`.
    ///
    /// `escaped` has the blocks that escaped from the scope: at most `limit` rows by site, and as many by type.
    package static func scope(
        _ scope: MemScope.ScopeUsage,
        escaped: HeapSnapshot,
        limit: Int,
        naming: SiteNaming,
        in envelope: Envelope
    ) -> [UInt8] {
        let (sites, types) = (escaped.bySite, escaped.byType)
        return answer(in: envelope, isTruncated: max(sites.count, types.count) > limit) { json in
            json.member("scope") { row(scope, to: &$0) }
            json.member("sites", array: sites.prefix(limit)) { json, row in
                json.object { site(row.site, bytes: row.bytes, blocks: row.blocks, naming: naming, to: &$0) }
            }
            json.member("types", array: types.prefix(limit)) { json, row in
                json.object { type(row.type, bytes: row.bytes, blocks: row.blocks, to: &$0) }
            }
        }
    }

    private static func row(_ scope: MemScope.ScopeUsage, to json: inout JSONWriter) {
        json.member("id", scope.id)
        json.member("name", scope.name)
        json.member("path", array: scope.path)
        json.member("attributes") { json in
            for (key, value) in scope.attributes.sorted(by: { $0.key < $1.key }) { json.member(key, value) }
        }
        json.member("calls", scope.calls)
        json.member("running", scope.running)
        json.member("allocations", scope.allocations)
        json.member("allocatedBytes", scope.allocatedBytes)
        json.member("freedBytes", scope.freedBytes)
        json.member("liveBlocks", scope.liveBlocks)
        json.member("liveBytes", scope.liveBytes)
        json.member("escapedBlocks", scope.escapedBlocks)
        json.member("escapedBytes", scope.escapedBytes)
        json.member("peakBytes", scope.peakBytes)
        json.member("nanoseconds", scope.nanoseconds)
    }
}
