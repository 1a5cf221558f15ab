import Glibc
import MemscopeRender
import MemscopeServer
import Testing

@Suite("The API over a socket") struct SocketTests {
    @Test("Each route of the table answers, and HEAD answers with the head alone") func everyRoute() async {
        await #expect(processExitsWith: .success) {
            let url = try MemScope.serve(port: 0).url
            #expect(askPatiently(url, "POST /api/snapshots")?.status == 201)
            // Events do not end; what is at an address, or of a type, has tests of its own.
            let routes = API().router.routes.map(\.description)
            for route in routes where route.path != "/api/events" && !route.path.contains("{") {
                let target = route.path + (route.path == "/api/diff" ? "?from=s1" : "")
                let body =
                    switch route.path {
                    case "/api/mark", "/api/snapshots": #"{"name":"x"}"#
                    case "/api/mode": #"{"mode":"full"}"#
                    default: ""
                    }
                let line = "\(route.method.rawValue) \(target)"
                let answer = try #require(
                    askPatiently(url, line, body: route.method == .post ? body : ""),
                    "\(line)"
                )
                #expect([200, 201].contains(answer.status), "\(line): \(answer.text)")
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Content-Length") == String(answer.body.count))
                if route.path.hasPrefix("/api/") {
                    #expect(Answer(answer).json.schemaVersion.number == 1, "\(line)")
                }
                if route.method == .get {
                    let head = try #require(askPatiently(url, "HEAD \(target)"), "HEAD \(target)")
                    #expect(head.status == 200)
                    #expect(head.body.isEmpty)
                    #expect(head.header("Content-Type") == answer.header("Content-Type"))
                    #expect(Int(head.header("Content-Length") ?? "") ?? 0 > 0)
                }
            }
        }
    }

    @Test("A body of another type, too long or without a length is refused, and nothing is done") func bodies() async {
        await #expect(processExitsWith: .success) {
            let url = try MemScope.serve(port: 0).url
            func post(_ fields: String, _ body: String = "") -> RawAnswer? {
                let client = RawClient(url: url)
                client.send(
                    "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n\r\n\(body)"
                )
                return RawAnswer(client.receiveAll())
            }
            let good = #"{"name":"x"}"#
            #expect(post("Content-Type: text/plain\r\nContent-Length: 12", good)?.status == 415)
            #expect(post("Content-Length: 12", good)?.status == 415)
            #expect(
                post("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6", "name=x")?.status == 415
            )
            #expect(post("Content-Type: application/json\r\nContent-Length: 65537")?.status == 413)
            #expect(post("Content-Type: application/json\r\nTransfer-Encoding: chunked", "0\r\n\r\n")?.status == 411)
            let long = String(repeating: " ", count: 65_536 - good.utf8.count) + good
            #expect(ask(url, "GET /api/timeline").map { Answer($0).data.marks.list.isEmpty } == true)
            #expect(ask(url, "POST /api/mark", body: long)?.status == 201)
            let utf8 = "Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 12"
            #expect(post(utf8, good)?.status == 201)
            #expect(post("Origin: http://evil.example\r\n" + utf8, good)?.status == 403)
            #expect(ask(url, "GET /api/timeline").map { Answer($0).data.marks.list.count } == 2)
        }
    }
}
