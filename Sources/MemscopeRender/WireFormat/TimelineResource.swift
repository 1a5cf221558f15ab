package import MemscopeAnalysis

extension WireFormat {
    /// Answers `GET /api/timeline`.
    package static func timeline(
        _ timeline: Timeline,
        resolution: TimelineResolution,
        in envelope: Envelope
    ) -> [UInt8] {
        let columns = timeline.columns(resolution)
        return answer(in: envelope) { json in
            json.member("resolutionNanoseconds", resolution.nanoseconds)
            json.member("points") { points(columns, to: &$0) }
            json.member("marks", array: timeline.marks) { json, mark in
                json.object { members(of: mark, to: &$0) }
            }
        }
    }

    /// Answers `POST /api/mark`; also the data of the event `mark`.
    package static func mark(_ mark: Mark, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("mark") { members(of: mark, to: &$0) }
        }
    }

    private static func members(of mark: Mark, to json: inout JSONWriter) {
        json.member("time", mark.time)
        json.member("name", mark.name)
    }

    private static func points(_ columns: TimelineColumns, to json: inout JSONWriter) {
        json.member("time", array: columns.time)
        json.member("liveBytes", array: columns.liveBytes)
        json.member("maximumLiveBytes", array: columns.maximumLiveBytes)
        json.member("liveBlocks", array: columns.liveBlocks)
        json.member("allocationsPerSecond", array: columns.rates.map { $0?.allocationsPerSecond })
        json.member("freesPerSecond", array: columns.rates.map { $0?.freesPerSecond })
        json.member("allocatedBytesPerSecond", array: columns.rates.map { $0?.allocatedBytesPerSecond })
        json.member("rssBytes", array: columns.rssBytes)
        json.member("allocatorHeldBytes", array: columns.allocatorHeldBytes)
        json.member("ownBytes", array: columns.ownBytes)
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ key: String, array column: [Double?]) {
        member(key, array: column) { json, value in
            if let value { json.double(value) } else { json.null() }
        }
    }

    fileprivate mutating func member(_ key: String, array column: [UInt64?]) {
        member(key, array: column) { json, value in
            if let value { json.integer(value) } else { json.null() }
        }
    }
}
