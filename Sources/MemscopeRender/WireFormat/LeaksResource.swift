package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/leaks`.
    package static func leaks(
        _ page: Page<MemScope.HeapAnalysis.Leak>,
        scan: MemScope.HeapAnalysis.Scan,
        summary: MemScope.HeapAnalysis.Summary,
        in envelope: Envelope
    ) -> [UInt8] {
        list("leaks", page, in: envelope) {
            members(of: $1, to: &$0)
        } more: { json in
            json.member("scan") { members(of: scan, to: &$0) }
            json.member("summary") { members(of: summary, to: &$0) }
        }
    }

    static func members(of leak: MemScope.HeapAnalysis.Leak, to json: inout JSONWriter) {
        json.member("kind", leak.kind.rawValue)
        json.member("reason", leak.reason)
        json.member("count", leak.count)
        json.member("bytes", leak.bytes)
        json.member("retainedBytes", leak.retainedBytes)
        json.member("type", leak.type)
        json.member("typeKind", leak.typeKind.rawValue)
        json.member("site", leak.site)
        json.stack(leak.stack)
        json.member("addresses", array: leak.addresses) { $0.hexadecimal($1.value) }
        json.member("slopeBytesPerSecond", leak.growth?.bytesPerSecond)
        json.member("confidence", leak.growth?.confidence)
    }
}
