package import Tracking

/// The process that answers.
package struct ProcessIdentity: Sendable, Hashable {
    /// A whole word: next to half of an old pointer, a smaller value would look like a pointer when MemScope's own
    /// memory is scanned.
    package var pid: Int
    package var name: String
    /// In nanoseconds on the monotonic clock, like every time in the wire format.
    package var startedAt: UInt64
    /// One moment on both clocks: on the monotonic clock, and in nanoseconds since 1970.
    package var anchorMonotonic: UInt64
    package var anchorUnix: UInt64

    package init(pid: Int, name: String, startedAt: UInt64, anchorMonotonic: UInt64, anchorUnix: UInt64) {
        self.pid = pid
        self.name = name
        self.startedAt = startedAt
        self.anchorMonotonic = anchorMonotonic
        self.anchorUnix = anchorUnix
    }
}

/// The members around `data` in every answer.
package struct Envelope: Sendable, Hashable {
    package var generatedAt: UInt64
    package var process: ProcessIdentity
    package var mode: MemScope.Mode
    package var quality: Quality
    /// The number of records lost since the start because a table was full.
    package var dropped: UInt64
    /// Whether stacks or blocks are among the lost records, so that answers are incomplete.
    package var isIncomplete: Bool

    package init(
        generatedAt: UInt64,
        process: ProcessIdentity,
        mode: MemScope.Mode,
        quality: Quality,
        dropped: UInt64,
        isIncomplete: Bool = false
    ) {
        self.generatedAt = generatedAt
        self.process = process
        self.mode = mode
        self.quality = quality
        self.dropped = dropped
        self.isIncomplete = isIncomplete
    }
}

/// The JSON that `docs/wire-format.md` describes: one function per resource; no other code contains its keys.
package enum WireFormat {
    package static let schemaVersion = 1

    /// The answer of a resource that is not available.
    ///
    /// - Parameters:
    ///   - reason: Why it is not available.
    ///   - remedy: What would make it available.
    ///   - envelope: The envelope of the answer.
    /// - Returns: JSON.
    package static func unavailable(reason: String, remedy: String, in envelope: Envelope) -> [UInt8] {
        write(envelope, isTruncated: false) { unavailable(reason: reason, remedy: remedy, to: &$0) }
    }

    static func unavailable(reason: String, remedy: String, to json: inout JSONWriter) {
        json.member("available", false)
        json.member("reason", reason)
        json.member("enable", remedy)
    }

    /// Writes an answer; `isTruncated` says that something was left out of `data`.
    static func answer(
        in envelope: Envelope,
        isTruncated: Bool = false,
        data: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        write(envelope, isTruncated: isTruncated || envelope.isIncomplete) { $0.member("data", members: data) }
    }

    static func write(
        _ envelope: Envelope,
        isTruncated: Bool,
        _ content: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schemaVersion", schemaVersion)
            json.member("generatedAt", envelope.generatedAt)
            json.member("process") { identity(envelope.process, to: &$0) }
            json.member("mode", envelope.mode.rawValue)
            json.member("quality", envelope.quality.rawValue)
            json.member("dropped", envelope.dropped)
            json.member("truncated", isTruncated)
            content(&json)
        }
        return json.bytes
    }

    private static func identity(_ process: ProcessIdentity, to json: inout JSONWriter) {
        json.member("pid", process.pid)
        json.member("name", process.name)
        json.member("startedAt", process.startedAt)
        json.member("wallAnchor") { json in
            json.member("monotonic", process.anchorMonotonic)
            json.member("unix", process.anchorUnix)
        }
    }
}
