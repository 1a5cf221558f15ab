internal import Glibc
internal import Tracking

/// What the environment asks MemScope to do when the process ends.
struct ReportSettings: Sendable {
    /// The absolute path of the report; nil when none is wanted.
    var path: String?
    /// Whether forked children write reports of their own.
    var isPerProcess: Bool
    /// The exit status when there are leaks; nil keeps the program's own.
    var leakStatus: Int32?
    /// The exit status when there were memory errors, which has priority; nil keeps the other one.
    var errorStatus: Int32?
    /// Whether each memory error that has no line on stderr yet gets one.
    var printsErrors: Bool

    /// Nil when the environment asks for nothing.
    ///
    /// - Parameter complain: Gets a line for each invalid value.
    init?(complain: (String) -> Void) {
        let template = environment("MEMSCOPE_REPORT")
        leakStatus = Self.status("MEMSCOPE_LEAK_EXITCODE", complain)
        errorStatus = Self.status("MEMSCOPE_ERROR_EXITCODE", complain)
        printsErrors = Switch.printErrors.isOn
        guard template != nil || leakStatus != nil || errorStatus != nil || printsErrors else { return nil }
        // The path is made absolute at the start, because the program may change its working directory.
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
