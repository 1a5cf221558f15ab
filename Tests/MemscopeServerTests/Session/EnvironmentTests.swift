import Foundation
import MemscopeServer
import Testing

@Suite("Environment") struct EnvironmentTests {
    @Test("MEMSCOPE_SERVER_URL starts the server before main, with the process id in its place") func serverURL() throws
    {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let url = "unix://\(folder.path)/heap-{PID}.sock"
        let demo = try Demo(
            ["--seconds", "60"],
            environment: ["MEMSCOPE_SERVER_URL": url, "MEMSCOPE_MODE": "balanced"]
        )
        defer { demo.end() }
        let socket = url.replacing("{PID}", with: String(demo.pid))
        for _ in 1...1000 where !RawClient(url: socket).isConnected { usleep(20_000) }
        let answer = try #require(ask(socket, "GET /api/summary").map { Answer($0) })
        #expect(answer.json.process.pid.number == Int(demo.pid))
        #expect(answer.json.process.name.text == "memscope-demo")
        #expect(answer.json.mode.text == "balanced")
        demo.end()
        // The program's own call of `serve` got the server that ran already.
        let end = try demo.finish()
        #expect(end.output == "MemScope demo: \(socket)\n")
        #expect(end.errors.isEmpty)
        #expect(end.status == 0)
    }

    @Test(
        "A bad value is one line that names the variable, and the program runs on",
        arguments: [
            (["MEMSCOPE_SERVER_URL": "9100"], "MEMSCOPE_SERVER_URL is '9100'", "http://127.0.0.1:9100"),
            (["MEMSCOPE_SERVER_URL": "http://127.0.0.1:70000"], "MEMSCOPE_SERVER_URL is 'http", "port 0 picks one"),
            (["MEMSCOPE_SERVER_URL": "unix://heap.sock"], "MEMSCOPE_SERVER_URL is 'unix", "unix:///absolute/path"),
            (["MEMSCOPE_SERVER_URL": "unix:///nonexistent/a.sock"], "MEMSCOPE_SERVER_URL is 'unix", "/nonexistent"),
            (["MEMSCOPE_SERVER_URL": "http://0.0.0.0:0"], "MEMSCOPE_SERVER_URL is 'http", "needs MEMSCOPE_TOKEN"),
            (
                ["MEMSCOPE_SERVER_URL": "http://127.0.0.1:0", "MEMSCOPE_TOKEN": "short"],
                "MEMSCOPE_SERVER_URL is 'http", "at least 16"
            ),
            (["MEMSCOPE_MODE": "fast"], "MEMSCOPE_MODE", "full, balanced, sampled"),
        ] as [([String: String], String, String)]
    )
    func badValue(environment: [String: String], names: String, accepts: String) throws {
        let end = try Demo(["--help"], environment: environment).finish()
        #expect(end.status == 0)
        #expect(end.output.hasPrefix("usage: memscope-demo"))
        #expect(end.errors.count == 1)
        let line = end.errors.first ?? ""
        #expect(line.hasPrefix("memscope: "))
        #expect(line.contains(names), "\(line)")
        #expect(line.contains(accepts), "\(line)")
    }

    @Test(
        "Nothing set, empty or good: nothing is printed",
        arguments: [
            [:], ["MEMSCOPE_MODE": "off"], ["MEMSCOPE_MODE": ""], ["MEMSCOPE_SERVER_URL": ""],
            ["MEMSCOPE_SERVER_URL": "http://127.0.0.1:0"],
            ["MEMSCOPE_SERVER_URL": "http://0.0.0.0:0", "MEMSCOPE_TOKEN": "sixteen-letters0"],
        ] as [[String: String]]
    )
    func silent(environment: [String: String]) throws {
        let end = try Demo(["--help"], environment: environment).finish()
        #expect(end.status == 0)
        #expect(end.errors.isEmpty, "\(end.errors)")
    }
}
