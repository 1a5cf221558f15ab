internal import CHTTP
internal import CMemscope
internal import Glibc

/// A client's connection and its deadlines.
///
/// Only the server thread touches it.
/// libmicrohttpd's own timeout counts silence only, so a client that sends a byte now and
/// then would keep its place for ever; and it runs on while a connection is suspended.
@safe final class ClientConnection {
    enum Phase { case receiving, working, sending, streaming, closing }

    let handle: OpaquePointer
    let socket: Int32
    /// The event stream that is under way here.
    var stream: EventStream?
    private var phase = Phase.receiving
    /// When the phase began, in monotonic nanoseconds.
    private var since = monotonicNow()
    /// Whether part of a request may be there, so that its end deserves an answer.
    private var expectsRequest = true
    /// How often libmicrohttpd was made to look at the socket again in this phase.
    private var nudges = 0

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
        nudges = 0
    }

    /// The first line of a request has arrived.
    func beginRequest() {
        expectsRequest = true
    }

    /// The answer is sent; a further request may come.
    func finishRequest() {
        stream?.close()
        stream = nil
        enter(.receiving)
        expectsRequest = false
    }
}

// Clients that leave.
extension ClientConnection {
    /// Whether the daemon must watch for the client's leaving, because libmicrohttpd does
    /// not: it leaves suspended connections alone, and misses an end of stream that came
    /// together with the last bytes of half a request.
    var needsWatch: Bool {
        switch phase {
        case .streaming: stream?.isSuspended == true
        // Enough to read all it may read; then the deadline decides.
        case .receiving: nudges < 16
        case .working, .sending, .closing: false
        }
    }

    /// The client will send no more.
    func noteHangUp() {
        stream?.end()
        guard phase == .receiving else { return }
        nudges += 1
        // Changes nothing for the reader, but wakes its edge-triggered epoll once more.
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

    /// For how long its request has been waited for, in nanoseconds; nil while one is being answered.
    func idleTime(at now: UInt64) -> UInt64? {
        guard phase == .receiving else { return nil }
        return now > since ? now - since : 0
    }

    /// Ends the connection for the sake of a client that waits for one.
    func giveWay() {
        end("all connections were taken, and this one's request had been waited for longest")
    }

    private func end(_ message: String) {
        if expectsRequest { RawResponse(.late(message)).send(to: socket) }
        hangUp()
    }

    private func hangUp() {
        enter(.closing)
        // libmicrohttpd sees the end of the stream and cleans up.
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
