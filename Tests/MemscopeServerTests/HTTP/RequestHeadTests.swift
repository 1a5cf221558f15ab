import MemscopeServer
import Testing

private func judge(_ text: String, limit: Int = 32_768) -> RequestHead.Verdict {
    RequestHead.judge(Array(text.utf8), limit: limit)
}

private func refusal(_ text: String, limit: Int = 32_768) -> HTTPError? {
    guard case .refused(let error) = judge(text, limit: limit) else { return nil }
    return error
}

/// Heads that libmicrohttpd reads in its own way, and what is to be said of them.
let malformedHeads: [(head: String, status: Int, message: String)] = [
    ("GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, "the name of a header field"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nhello", 400, "the name of a header field"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400, "the name of a header field"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n", 400, "goes on in a second line"),
    ("GET /healthz HTTP/1.1\r\n\tX: y\r\nHost: localhost\r\n\r\n", 400, "goes on in a second line"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\0evil\r\n\r\n", 400, "a control character in a header field"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", 400, "a control character in a header field"),
    ("GET /heal\0thz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "a control character in the request target"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A\r\n\r\n", 400, "has no colon"),
    ("GET /healthz HTTP/1.1\nHost: localhost\n\n", 400, "ends with a line feed alone"),
    ("GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n", 400, "ends with a line feed alone"),
    ("GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "not three words"),
    ("GET /healthz  HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "not three words"),
    (" GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "no request of HTTP"),
    ("GET\t/healthz\tHTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "no request of HTTP"),
    ("GET /healthz\r\nHost: localhost\r\n\r\n", 400, "not three words"),
    ("GET /healthz http/1.1\r\nHost: localhost\r\n\r\n", 400, "does not end with a version"),
    ("GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n", 505, "the version is not spoken here"),
    ("GET /healthz HTTP/1.1\r\nX-Host: localhost\r\n\r\n", 400, "there is no Host"),
    ("\u{16}\u{3}\u{1}\u{2}", 400, "no request of HTTP"),
    (
        "POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Length: +12\r\n\r\n", 400,
        "the Content-Length is no number"
    ),
    ("POST /api/mark HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n\r\n", 400, "the Content-Length is no number"),
    (
        "GET /api/sites?" + (1...1000).map { "a\($0)=1" }.joined(separator: "&") + " HTTP/1.1\r\n\r\n", 400,
        "more than 100 parameters"
    ),
    (
        "GET /healthz HTTP/1.1\r\n" + (1...101).map { "X-\($0): y\r\n" }.joined() + "\r\n", 431,
        "more than 100 header fields"
    ),
]

@Suite("Request heads") struct RequestHeadTests {
    @Test(
        "Well-formed heads pass, whatever follows",
        arguments: [
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nhost:x\r\n\r\n",
            "POST /api/mark HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX:\r\nY:  \t a b \r\n\r\n\0\n{}",
            "GET /ü?a=%41&b=c&&= HTTP/1.1\r\nHOST: ü\r\n\r\n",
        ]
    )
    func complete(head: String) {
        #expect(judge(head) == .complete)
    }

    @Test("Every part of a well-formed head is one that goes on") func incomplete() {
        let head = "POST /api/mark?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n"
        for length in 0..<head.utf8.count {
            #expect(RequestHead.judge(Array(head.utf8.prefix(length)), limit: 32_768) == .incomplete)
        }
    }

    @Test("What is not well-formed is named", arguments: malformedHeads)
    func malformed(head: String, status: Int, message: String) throws {
        let error = try #require(refusal(head))
        #expect(error.status == status)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(!error.hint.isEmpty)
    }

    @Test("The limit counts every byte of the head") func limit() {
        let head = "GET / HTTP/1.1\r\nHost: y\r\n\r\n"
        #expect(judge(head, limit: head.utf8.count) == .complete)
        #expect(refusal(head, limit: head.utf8.count - 1)?.status == 431)
        #expect(refusal("GET /xxxxxxxxxxxxxxxxxxxxxx", limit: 20)?.status == 431)
        #expect(RequestHead.judge(Array(head.utf8.prefix(20)), limit: 20) == .incomplete)
    }
}
