internal import Glibc
internal import Tracking

/// What the environment turns on with 1.
package enum Switch: String {
    case showContents = "MEMSCOPE_SHOW_CONTENTS"
    case printErrors = "MEMSCOPE_PRINT_ERRORS"

    /// Off when it is not set, and for a bad value, of which `complain` tells.
    package var isOn: Bool {
        switch environment(rawValue) {
        case nil, "0": return false
        case "1": return true
        case let value?:
            complain("\(rawValue) is '\(value)'; accepted are 0, 1; using 0")
            return false
        }
    }
}

/// Starts what the environment asks for: the reporter, the server.
///
/// The capture core calls it when it is loaded, before `main`.
@_cdecl("memscope_start_from_environment")
package func startFromEnvironment() {
    CaptureCore.asOwnThread { Reporter.startFromEnvironment() }
    startServerFromEnvironment()
}

/// Stops the server before the program sets a filter of system calls that would end it for what the server does.
///
/// The capture core calls it on the thread that sets the filter.
@_cdecl("memscope_stop_for_filter")
package func stopForFilter() {
    guard let server = MemScope.runningServer else { return }
    complain("the program's filter of system calls forbids what the server needs; it is stopped")
    CaptureCore.asOwnThread { server.stop() }
}

private func startServerFromEnvironment() {
    guard let value = environment("MEMSCOPE_SERVER_URL") else { return }
    let url = replacingPID(in: value)
    do throws(MemscopeServerError) {
        guard try ListenAddress(url: url).isLoopback || environment("MEMSCOPE_TOKEN") != nil else {
            throw MemscopeServerError(
                code: .invalidToken,
                message: "an address that others can reach needs MEMSCOPE_TOKEN, of at least 16 characters"
            )
        }
        try MemScope.serve(configuration: MemScope.ServerConfiguration(url: url))
    } catch {
        complain("MEMSCOPE_SERVER_URL is '\(value)': \(error.message); no server is started")
    }
}

/// Stands for the process id, so that each process of a family has a socket, or a file, of its own.
let pidPlaceholder = "{PID}"

func replacingPID(in text: String) -> String {
    guard let start = text.firstRange(of: pidPlaceholder) else { return text }
    return text[..<start.lowerBound] + String(getpid()) + text[start.upperBound...]
}

/// One line on stderr: the only thing ever printed unasked.
func complain(_ message: String) {
    var line = "memscope: \(message)\n"
    line.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
