package import Tracking

/// Which process answers.
package struct ProcessIdentity: Sendable, Hashable {
    /// A whole word: half a pointer beside it would look like a pointer to a scan of our own memory.
    package var pid: Int
    package var name: String
    /// Monotonic nanoseconds, like every time on the wire.
    package var startedAt: UInt64
    /// One moment on both clocks: monotonic, and nanoseconds since 1970.
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

/// What stands around every answer.
package struct Envelope: Sendable, Hashable {
    package var generatedAt: UInt64
    package var process: ProcessIdentity
    package var mode: MemScope.Mode
    package var quality: Quality
    /// Records lost to full tables since the start.
    package var dropped: UInt64
    /// Whether stacks or blocks are among them: what answers tell of is incomplete.
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

/// The JSON that `docs/wire-format.md` describes: one function per resource, and the
/// only code that names its keys.
package enum WireFormat {
    package static let schemaVersion = 1

    /// A resource that cannot answer.
    ///
    /// - Parameters:
    ///   - reason: Why not.
    ///   - remedy: What would make it available.
    ///   - envelope: What stands around it.
    /// - Returns: JSON.
    package static func unavailable(reason: String, remedy: String, in envelope: Envelope) -> [UInt8] {
        write(envelope, isTruncated: false) { unavailable(reason: reason, remedy: remedy, to: &$0) }
    }

    static func unavailable(reason: String, remedy: String, to json: inout JSONWriter) {
        json.member("available", false)
        json.member("reason", reason)
        json.member("enable", remedy)
    }

    /// Writes an answer; `isTruncated` says that `data` left something out.
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
