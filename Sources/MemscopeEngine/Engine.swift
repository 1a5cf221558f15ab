// libMemscopeEngine.so: the server and the report for programs that are not rebuilt.
//
// libMemscopePreload.so, which records, loads it when the environment asks for the server or the report, and calls
// these functions.
internal import MemscopeServer

/// Starts what the environment asks for.
@_cdecl("memscope_engine_start")
public func start() {
    startFromEnvironment()
}

/// Stops the server before the program installs a filter of system calls that would end it because of the server's
/// calls.
@_cdecl("memscope_engine_stop_for_filter")
public func stopBeforeFilter() {
    stopForFilter()
}
