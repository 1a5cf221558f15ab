import MemscopeAnalysis

extension WireFormat {
    /// A page of a list under its key, with `total` and `next`; `more` adds further members next to these.
    static func list<Row: Sendable>(
        _ key: String,
        _ page: Page<Row>,
        in envelope: Envelope,
        row: (inout JSONWriter, Row) -> Void,
        more: (inout JSONWriter) -> Void = { _ in }
    ) -> [UInt8] {
        answer(in: envelope, isTruncated: page.next != nil) { json in
            json.member(key, array: page.rows) { json, each in
                json.object { row(&$0, each) }
            }
            json.member("total", page.total)
            json.member("next", page.next)
            more(&json)
        }
    }
}
