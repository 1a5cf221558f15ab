package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/relations`.
    package static func relations(
        _ page: Page<Relation>,
        scan: MemScope.HeapAnalysis.Scan,
        in envelope: Envelope
    ) -> [UInt8] {
        list("relations", page, in: envelope) { json, relation in
            json.member("kind", relation.kind.rawValue)
            json.member("from") { $0.member("type", relation.from) }
            json.member("field", relation.field.isEmpty ? nil : relation.field)
            json.member("to") { $0.member("type", relation.to) }
            json.member("count", relation.count)
            json.member("bytes", relation.bytes)
        } more: { json in
            json.member("scan") { members(of: scan, to: &$0) }
        }
    }
}
