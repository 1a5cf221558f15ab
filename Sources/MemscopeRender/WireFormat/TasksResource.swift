package import MemscopeAnalysis
package import Tracking

extension WireFormat {
    /// Answers `GET /api/tasks`.
    ///
    /// The rows of all pages, `gone` and `outside` add up to the process' totals.
    package static func tasks(
        _ page: Page<TaskRecord>,
        of census: TaskCensus,
        naming: SiteNaming,
        in envelope: Envelope
    ) -> [UInt8] {
        var envelope = envelope
        envelope.isIncomplete = envelope.isIncomplete || census.droppedAccounts > 0
        return list("tasks", page, in: envelope) { json, task in
            row(task, stack: naming(task.site), to: &json)
        } more: { json in
            json.member("ended") { json in
                let ended = EndedTasks(in: census.tasks)
                json.member("tasks", ended.count)
                json.member("liveBlocks", ended.liveBlocks)
                json.member("liveBytes", ended.liveBytes)
            }
            json.member("gone") { json in
                json.member("allocations", census.gone.allocations)
                json.member("allocatedBytes", census.gone.bytes)
            }
            json.member("outside") { json in
                json.member("allocations", census.outside.allocations)
                json.member("allocatedBytes", census.outside.allocatedBytes)
                json.member("liveBlocks", census.outside.liveBlocks)
                json.member("liveBytes", census.outside.liveBytes)
            }
            json.member("problem", census.problem)
        }
    }

    private static func row(_ task: TaskRecord, stack: [Frame], to json: inout JSONWriter) {
        json.member("id", hexadecimal: task.id)
        json.member("name", task.name)
        json.member("kind", task.kind?.rawValue)
        json.member("state", task.state?.rawValue)
        json.member("priority", task.priority)
        number(task.parent, as: "parent", to: &json)
        number(task.creator, as: "creator", to: &json)
        json.key("orphaned")
        if let isOrphaned = task.isOrphaned { json.bool(isOrphaned) } else { json.null() }
        json.member("createdAt", task.createdAt)
        json.member("liveBytes", task.liveBytes)
        json.member("liveBlocks", task.liveBlocks)
        json.member("totalBytes", task.allocatedBytes)
        json.member("allocations", task.allocations)
        json.member("peakBytes", nil as UInt64?)
        json.member("site", task.site == 0 ? nil : task.site)
        json.stack(stack)
    }

    private static func number(_ task: UInt64?, as key: String, to json: inout JSONWriter) {
        json.key(key)
        if let task { json.hexadecimal(task) } else { json.null() }
    }
}
