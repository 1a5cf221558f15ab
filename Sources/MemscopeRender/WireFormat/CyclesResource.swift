package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/cycles`.
    package static func cycles(
        _ page: Page<MemScope.HeapAnalysis.Cycle>,
        scan: MemScope.HeapAnalysis.Scan,
        in envelope: Envelope
    ) -> [UInt8] {
        list("cycles", page, in: envelope) {
            members(of: $1, to: &$0)
        } more: { json in
            json.member("scan") { members(of: scan, to: &$0) }
        }
    }

    static func members(of cycle: MemScope.HeapAnalysis.Cycle, to json: inout JSONWriter) {
        json.member("count", cycle.count)
        json.member("objects", cycle.objects)
        json.member("bytes", cycle.bytes)
        json.member("types", array: cycle.types)
        json.member("path", array: cycle.path) { json, step in
            json.object { json in
                json.member("type", step.type)
                json.member("field", step.field)
            }
        }
        json.key("breakEdge")
        if let edge = cycle.breakEdge { json.object { members(of: edge, to: &$0) } } else { json.null() }
        json.member("reachable", cycle.isReachable)
        json.member("inferred", cycle.isInferred)
        json.member("site", cycle.site)
        json.stack(cycle.stack)
        json.member("address", hexadecimal: cycle.address.value)
    }

    private static func members(of edge: MemScope.HeapAnalysis.Cycle.BreakEdge, to json: inout JSONWriter) {
        json.member("from", edge.from)
        json.member("field", edge.field)
        json.member("to", edge.to)
        json.member("reason", edge.reason)
        json.key("at")
        if let frame = edge.at { json.frame(frame) } else { json.null() }
    }
}
