internal import CMemscope
internal import Glibc
internal import Tracking

/// The value of an environment variable; nil when it is not set, or empty.
func environment(_ name: String) -> String? {
    guard let value = unsafe mscope_environment(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// Starts the server that the environment asks for.
///
/// The capture core calls it when it is loaded, before `main`.
@_cdecl("memscope_start_from_environment")
func startFromEnvironment() {
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
        report("MEMSCOPE_SERVER_URL is '\(value)': \(error.message); no server is started")
    }
}

/// `{PID}` stands for the process id, so that each process of a family has a socket of its own.
private func replacingPID(in text: String) -> String {
    guard let start = text.firstRange(of: "{PID}") else { return text }
    return text[..<start.lowerBound] + String(getpid()) + text[start.upperBound...]
}

/// One line on stderr: the only thing ever printed unasked.
private func report(_ message: String) {
    var line = "memscope: \(message)\n"
    line.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
