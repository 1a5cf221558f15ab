import Glibc
import Testing

@testable import MemscopeServer

@Suite("Scopes in forked children")
struct ScopeForkTests {
    @Test("A forked child knows the names of its parent's scopes") func names() async {
        await #expect(processExitsWith: .success) {
            MemScope.scope("before") {}
            MemScope.scope("around", attributes: ["job": "7"]) {
                let child = forkProcess()
                if child == 0 {
                    MemScope.scope("inside") {}
                    MemScope.scope("before") {}
                    let rows = MemScope.scopes(by: .id)
                    let paths = rows.map { $0.path.joined(separator: "/") }
                    guard paths == ["around/before", "around/inside", "around", "before"] else { _exit(1) }
                    guard rows[2].attributes == ["job": "7"], rows[2].running == 1 else { _exit(2) }
                    _exit(rows.map(\.calls) == [1, 1, 1, 1] ? 0 : 3)
                }
                var status: Int32 = -1
                unsafe waitpid(child, &status, 0)
                #expect(status == 0)
            }
            #expect(MemScope.scopes().map(\.name).sorted() == ["around", "before"])
        }
    }
}
