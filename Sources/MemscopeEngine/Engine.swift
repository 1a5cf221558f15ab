// libMemscopeEngine.so: the server and the report for programs that nobody rebuilds.
//
// libMemscopePreload.so, which records, loads it when the environment asks for one of them, and calls these.
internal import MemscopeServer

/// Starts what the environment asks for.
@_cdecl("memscope_engine_start")
public func start() {
    startFromEnvironment()
}

/// Stops the server before the program sets a filter of system calls that would end it for what the server does.
@_cdecl("memscope_engine_stop_for_filter")
public func stopBeforeFilter() {
    stopForFilter()
}
