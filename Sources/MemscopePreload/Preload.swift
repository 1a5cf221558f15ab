// libMemscopePreload.so: the whole of MemScope for programs that nobody rebuilds.
//
// The capture core boots with the first allocation and starts the server that
// MEMSCOPE_SERVER_URL asks for (`memscope_start_from_environment` in MemscopeServer).
internal import MemscopeServer
