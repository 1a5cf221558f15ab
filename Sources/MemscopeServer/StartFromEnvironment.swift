internal import Tracking

/// Starts what the environment asks for: the reporter and the server.
///
/// The capture core calls it when it is loaded, before `main`.
@_cdecl("memscope_start_from_environment")
package func startFromEnvironment() {
    CaptureCore.asOwnThread { Reporter.startFromEnvironment() }
    startServerFromEnvironment()
}

/// Stops the server before the program installs a filter of system calls that would end the program because of the
/// server's calls.
///
/// The capture core calls it on the thread that installs the filter.
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
