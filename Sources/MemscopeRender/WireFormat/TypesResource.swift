package import MemscopeAnalysis

extension WireFormat {
    /// Answers `GET /api/types`.
    package static func types(_ page: Page<TypeTotal>, in envelope: Envelope) -> [UInt8] {
        list("types", page, in: envelope) { json, row in
            type(row.type, bytes: row.bytes, blocks: row.blocks, to: &json)
        }
    }
}
