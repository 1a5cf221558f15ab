internal import Glibc
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
