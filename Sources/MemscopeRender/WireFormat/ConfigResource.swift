package import Tracking

/// All limits that a client may reach.
package struct ConfigLimits: Sendable, Hashable {
    /// The largest number of kept snapshots; the oldest is dropped first.
    package var snapshots: Int
    package var marks: Int
    /// The largest number of rows in a page.
    package var pageRows: Int
    /// The largest number of frames in a stack.
    package var stackFrames: Int
    /// The largest number of distinct call stacks.
    package var sites: UInt64
    package var ownBytes: UInt64
    package var requestBodyBytes: Int
    package var connections: Int
    /// The largest number of streams of `/api/events`.
    package var eventStreams: Int

    package init(
        snapshots: Int,
        marks: Int,
        pageRows: Int,
        stackFrames: Int,
        sites: UInt64,
        ownBytes: UInt64,
        requestBodyBytes: Int,
        connections: Int,
        eventStreams: Int
    ) {
        self.snapshots = snapshots
        self.marks = marks
        self.pageRows = pageRows
        self.stackFrames = stackFrames
        self.sites = sites
        self.ownBytes = ownBytes
        self.requestBodyBytes = requestBodyBytes
        self.connections = connections
        self.eventStreams = eventStreams
    }
}

/// The settings under which this process is observed.
package struct ConfigValues: Sendable, Hashable {
    package var mode: MemScope.Mode
    /// Mean distance between samples, in allocated bytes.
    package var sampleInterval: UInt64
    /// The address at which the server listens.
    package var serverURL: String?
    package var limits: ConfigLimits
    /// Whether the program's allocations go through MemScope.
    package var isActive: Bool
    package var checks: CheckTotals
    /// Whether reports of memory errors show contents of memory.
    package var showsContents: Bool

    package init(
        mode: MemScope.Mode,
        sampleInterval: UInt64,
        serverURL: String?,
        limits: ConfigLimits,
        isActive: Bool,
        checks: CheckTotals,
        showsContents: Bool
    ) {
        self.mode = mode
        self.sampleInterval = sampleInterval
        self.serverURL = serverURL
        self.limits = limits
        self.isActive = isActive
        self.checks = checks
        self.showsContents = showsContents
    }
}

extension WireFormat {
    /// Answers `GET /api/config`.
    package static func config(_ values: ConfigValues, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { json in
            json.member("mode", values.mode.rawValue)
            json.member("modes", array: MemScope.Mode.allCases.map(\.rawValue))
            json.member("sampleIntervalBytes", values.sampleInterval)
            json.member("serverURL", values.serverURL)
            json.member("limits") { members(of: values.limits, to: &$0) }
            json.member("active", values.isActive)
            json.member("checks") { members(of: values.checks, to: &$0) }
            json.member("showsContents", values.showsContents)
        }
    }

    /// Answers `POST /api/mode`; also the data of the event `mode`.
    package static func mode(_ mode: MemScope.Mode, in envelope: Envelope) -> [UInt8] {
        answer(in: envelope) { $0.member("mode", mode.rawValue) }
    }

    private static func members(of limits: ConfigLimits, to json: inout JSONWriter) {
        json.member("snapshots", limits.snapshots)
        json.member("marks", limits.marks)
        json.member("pageRows", limits.pageRows)
        json.member("stackFrames", limits.stackFrames)
        json.member("sites", limits.sites)
        json.member("ownBytes", limits.ownBytes)
        json.member("requestBodyBytes", limits.requestBodyBytes)
        json.member("connections", limits.connections)
        json.member("eventStreams", limits.eventStreams)
    }
}
