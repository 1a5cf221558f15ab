internal import CHTTP
internal import CMemscope
internal import Glibc

/// A client's connection and its deadlines.
///
/// Only the server thread uses it. libmicrohttpd's own timeout counts only silence: a client that sends a byte now and
/// then would keep its place for ever. It also continues to count while a connection is suspended.
@safe final class ClientConnection {
    enum Phase { case receiving, working, sending, streaming, closing }

    let handle: OpaquePointer
    let socket: Int32
    /// The event stream on this connection, while there is one.
    var stream: EventStream?
    private var phase = Phase.receiving
    /// When the phase began, in nanoseconds on the monotonic clock.
    private var since = monotonicNow()
    /// Whether part of a request may have arrived, so that the client gets an answer when the connection ends.
    private var expectsRequest = true
    /// How often libmicrohttpd was made to read the socket again in this phase.
    private var nudges = 0

    init(handle: OpaquePointer) {
        unsafe self.handle = handle
        socket = unsafe mscope_http_socket(handle)
        mscope_close_in_child(socket)
    }

    /// Must be called when libmicrohttpd is about to close the socket.
    func forget() {
        mscope_forget_descriptor(socket)
    }

    func enter(_ phase: Phase) {
        self.phase = phase
        since = monotonicNow()
        nudges = 0
    }

    /// The first line of a request has arrived.
    func beginRequest() {
        expectsRequest = true
    }

    /// The answer was sent; another request may follow.
    func finishRequest() {
        stream?.close()
        stream = nil
        enter(.receiving)
        expectsRequest = false
    }
}

// Clients that close their side of the connection.
extension ClientConnection {
    /// Whether the server must detect that the client leaves, because libmicrohttpd does not: it ignores suspended
    /// connections, and it misses an end of stream that arrives together with the last bytes of half a request.
    var needsWatch: Bool {
        switch phase {
        case .streaming: stream?.isSuspended == true
        // 16 times are enough to read everything that may be read; after that, the deadline decides.
        case .receiving: nudges < 16
        case .working, .sending, .closing: false
        }
    }

    /// The client will send no more bytes.
    func noteHangUp() {
        stream?.end()
        guard phase == .receiving else { return }
        nudges += 1
        // This changes nothing for the reader, but wakes libmicrohttpd's edge-triggered epoll once more.
        shutdown(socket, Int32(SHUT_RD))
    }
}

// Clients that are too slow.
extension ClientConnection {
    /// Ends the connection when its phase has lasted too long.
    func enforce(_ limits: HTTPDaemon.Limits, now: UInt64) {
        let age = now > since ? now - since : 0
        switch phase {
        case .receiving where age > UInt64(limits.requestSeconds) * 1_000_000_000:
            end("the request did not arrive in full within \(limits.requestSeconds) s")
        case .sending where age > UInt64(limits.responseSeconds) * 1_000_000_000:
            hangUp()
        case .streaming:
            guard let stream, !stream.isSuspended else { return }
            if stream.silence(at: now) > UInt64(limits.requestSeconds) * 1_000_000_000 { hangUp() }
        default: return
        }
    }

    /// For how long the server has waited for the client's request, in nanoseconds; nil while a request is being
    /// answered.
    func idleTime(at now: UInt64) -> UInt64? {
        guard phase == .receiving else { return nil }
        return now > since ? now - since : 0
    }

    /// Ends the connection, to give its place to a client that waits.
    func giveWay() {
        end("all connections were taken, and this one's request had been waited for longest")
    }

    private func end(_ message: String) {
        if expectsRequest { RawResponse(.late(message)).send(to: socket) }
        hangUp()
    }

    private func hangUp() {
        enter(.closing)
        // libmicrohttpd detects the end of the stream and closes the connection.
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
