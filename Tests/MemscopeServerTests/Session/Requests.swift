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
    while true {
        let answer = ask(url, line, headers: headers, body: body)
        guard answer?.status == 503 else { return answer }
        usleep(10_000)
    }
}
