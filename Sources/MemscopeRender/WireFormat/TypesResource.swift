package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/types`; `retained` is nil for all types before the first scan of the heap, and for types that
    /// the scan did not find.
    ///
    /// `scan` is the scan from which `retained` comes.
    package static func types(
        _ page: Page<TypeTotal>,
        retained: (BlockType) -> UInt64?,
        scan: MemScope.HeapAnalysis.Scan?,
        in envelope: Envelope
    ) -> [UInt8] {
        list("types", page, in: envelope) { json, row in
            type(row.type, bytes: row.bytes, blocks: row.blocks, to: &json)
            json.member("retainedBytes", retained(row.type))
        } more: { json in
            json.key("scan")
            if let scan { json.object { members(of: scan, to: &$0) } } else { json.null() }
        }
    }
}
