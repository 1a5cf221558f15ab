internal import Glibc
internal import MemscopeAnalysis
internal import Tracking

/// What the environment wants to happen when the process ends.
struct ReportWishes: Sendable {
    /// Where the report goes, absolute; nil when none is wanted.
    var path: String?
    /// Whether forked children have reports of their own.
    var isPerProcess: Bool
    /// The status to leave with when there are leaks; nil leaves the program's own.
    var leakStatus: Int32?
    /// The same when there were memory errors, which come first.
    var errorStatus: Int32?
    /// Whether memory errors that have no line on stderr yet get one.
    var printsErrors: Bool

    /// Nil when nothing is wished.
    ///
    /// - Parameter complain: Gets a line for each value that is none.
    init?(complain: (String) -> Void) {
        let template = environment("MEMSCOPE_REPORT")
        leakStatus = Self.status("MEMSCOPE_LEAK_EXITCODE", complain)
        errorStatus = Self.status("MEMSCOPE_ERROR_EXITCODE", complain)
        printsErrors = Switch.printErrors.isOn
        guard template != nil || leakStatus != nil || errorStatus != nil || printsErrors else { return nil }
        // Absolute from the start, since the program may change its folder.
        path = template.map { $0.hasPrefix("/") ? $0 : "\(Self.folder)/\($0)" }
        isPerProcess = path?.contains(pidPlaceholder) == true
    }

    private static func status(_ name: String, _ complain: (String) -> Void) -> Int32? {
        guard let text = environment(name) else { return nil }
        if let status = Int32(text), (1...255).contains(status) { return status }
        complain("\(name) is '\(text)'; accepted are 1 to 255; the program's own status stays")
        return nil
    }

    private static var folder: String {
        guard let folder = unsafe getcwd(nil, 0) else { return "." }
        defer { unsafe free(folder) }
        return unsafe String(cString: folder)
    }
}

extension LeakSuppressions {
    /// What `MEMSCOPE_SUPPRESSIONS` names, read once.
    static let fromEnvironment: LeakSuppressions = {
        guard let path = environment("MEMSCOPE_SUPPRESSIONS") else { return .none }
        let problem = { complain("MEMSCOPE_SUPPRESSIONS is '\(path)': " + $0) }
        guard let bytes = PlainFile.resolved(path).flatMap({ PlainFile.read($0, largest: 1 << 20) }) else {
            problem("accepted is a file of lines leak:pattern, of at most 1 MiB; nothing is suppressed")
            return .none
        }
        let suppressions = LeakSuppressions(String(decoding: bytes, as: UTF8.self))
        if let line = suppressions.badLines.first {
            problem("line \(line) is no leak:pattern, and no comment after #; it is left out")
        }
        return suppressions
    }()
}
