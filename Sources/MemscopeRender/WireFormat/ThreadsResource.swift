package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/threads`.
    ///
    /// The page contains the program's threads; `own` is the sum over all of MemScope's own threads.
    package static func threads(_ page: Page<ThreadRecord>, own: OwnThreads, in envelope: Envelope) -> [UInt8] {
        list("threads", page, in: envelope) { json, thread in
            json.member("id", thread.id)
            json.member("tid", thread.tid)
            json.member("name", thread.name)
            json.member("alive", thread.endedAt == nil)
            json.member("startedAt", thread.startedAt)
            json.member("endedAt", thread.endedAt)
            counts(thread.counts, to: &json)
        } more: { json in
            json.member("ownThreads") { json in
                json.member("count", own.count)
                counts(own.counts, to: &json)
            }
        }
    }

    private static func counts(_ counts: Counts, to json: inout JSONWriter) {
        json.member("allocations", counts.allocations)
        json.member("frees", counts.frees)
        json.member("allocatedBytes", counts.allocatedBytes)
        json.member("freedBytes", counts.freedBytes)
    }
}
