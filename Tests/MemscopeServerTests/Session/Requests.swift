import Glibc
import MemscopeServer

/// One request on a connection of its own, to a server that is known by its URL.
func ask(_ url: String, _ line: String, headers: String = "", body: String = "") -> RawAnswer? {
    let client = RawClient(url: url)
    // Naming code for the first time takes long in a debug build on a busy machine.
    client.setReceiveTimeout(seconds: 60)
    let fields = headers.isEmpty ? "" : headers + "\r\n"
    let length = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
    client.send("\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\(length)\r\n\(body)")
    return RawAnswer(client.receiveAll())
}

/// The same, coming again for as long as a heavy request of somebody else is under way.
func askPatiently(_ url: String, _ line: String, headers: String = "", body: String = "") -> RawAnswer? {
    patiently {
        let answer = ask(url, line, headers: headers, body: body)
        return answer?.status == 503 ? nil : .some(answer)
    }
}

/// Comes again for as long as there is no result, as other tests look at the same heap; a minute at least.
func patiently<Result>(_ attempt: () -> Result?) -> Result {
    for _ in 0..<6000 {
        if let result = attempt() { return result }
        usleep(10_000)
    }
    preconditionFailure("6,000 attempts, a hundredth of a second apart, had no result")
}

/// Lets other tasks run until `isTrue`, or for a minute; what was waited for is then to be seen by the test.
func yield(until isTrue: () -> Bool) async {
    let end = ContinuousClock.now + .seconds(60)
    while !isTrue(), ContinuousClock.now < end { await Task.yield() }
}
