internal import CHTTP
internal import CMemscope
internal import Glibc

/// A client's connection and its deadlines. Only the server thread touches it.
///
/// libmicrohttpd's own timeout counts silence only; a client that sends a byte now and
/// then would keep its connection for ever.
@safe final class ClientConnection {
    enum Phase { case receiving, working, sending, streaming, closing }

    let handle: OpaquePointer
    let socket: Int32
    private(set) var phase = Phase.receiving
    /// When the phase began, in monotonic nanoseconds.
    private var since = monotonicNow()
    /// Whether part of a request may be there, so that its end deserves an answer.
    private var expectsRequest = true

    init(handle: OpaquePointer) {
        unsafe self.handle = handle
        socket = unsafe mscope_http_socket(handle)
        mscope_close_in_child(socket)
    }

    /// libmicrohttpd is about to close the socket.
    func forget() {
        mscope_forget_descriptor(socket)
    }

    func enter(_ phase: Phase) {
        self.phase = phase
        since = monotonicNow()
    }

    /// The first line of a request has arrived.
    func beginRequest() {
        expectsRequest = true
    }

    /// The answer is sent; a further request may come.
    func finishRequest() {
        enter(.receiving)
        expectsRequest = false
    }

    /// Ends the connection when its phase lasted too long.
    func enforce(_ limits: HTTPDaemon.Limits, now: UInt64) {
        let seconds: Int
        switch phase {
        case .receiving: seconds = limits.requestSeconds
        case .sending: seconds = limits.responseSeconds
        case .working, .streaming, .closing: return
        }
        guard now > since, now - since > UInt64(seconds) * 1_000_000_000 else { return }
        if phase == .receiving, expectsRequest { sendTimeout() }
        enter(.closing)
        // libmicrohttpd sees the end of the stream and cleans up.
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private func sendTimeout() {
        let text = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        _ = unsafe send(socket, text, text.utf8.count, flags)
    }
}
