internal import CHTTP
internal import CMemscope
internal import Glibc

/// A client that has not sent a whole request head.
///
/// Its socket waits here until the head is complete and well-formed; only then libmicrohttpd gets it. Only the server
/// thread uses the object.
@safe final class Arrival {
    enum Phase {
        /// Nothing has arrived yet.
        case silent
        /// A part of the head has arrived: the socket is read now and then, because polling would report the unread
        /// bytes at once, for ever.
        case partial
        /// The head is complete and still in the socket, for libmicrohttpd to read.
        case ready
        /// The request was refused; further bytes are discarded, because closing the socket with unread bytes would
        /// discard the answer.
        case refused
        case gone
    }

    /// The interval at which a partial head is read again.
    static let lookMilliseconds: UInt64 = 10
    /// For how long, and how much, a client may still send after it was refused.
    private static let refusedSeconds: UInt64 = 2
    private static let refusedBytes = 16 << 20

    let socket: Int32
    private(set) var phase = Phase.silent
    private var since = monotonicNow()
    private var discarded = 0

    init(socket: Int32) {
        self.socket = socket
        mscope_close_in_child(socket)
    }

    /// The events for which the server thread must poll the socket.
    var events: Int16 {
        switch phase {
        case .silent, .refused: Int16(POLLIN)
        case .partial, .ready, .gone: Int16(MSCOPE_HTTP_HANG_UP)
        }
    }

    /// For how long the server has waited for the request, in nanoseconds; nil after the client was refused.
    func idleTime(at now: UInt64) -> UInt64? {
        guard phase == .silent || phase == .partial else { return nil }
        return now > since ? now - since : 0
    }

    /// Reads what has arrived, and refuses the client when it is too late.
    func look(_ limits: HTTPDaemon.Limits, now: UInt64) {
        switch phase {
        case .silent, .partial:
            judge(limits)
            let isLate = (idleTime(at: now) ?? 0) > UInt64(limits.requestSeconds) * 1_000_000_000
            if isLate { refuse(.late("the request did not arrive in full within \(limits.requestSeconds) s")) }
        case .refused: discard(now: now)
        case .ready, .gone: return
        }
    }

    /// Refuses this client, to give its place to a client that waits.
    func giveWay() {
        refuse(.late("all connections were taken, and this one's request had been waited for longest"))
    }

    /// Hands the socket over to libmicrohttpd.
    func handOver() {
        mscope_forget_descriptor(socket)
        phase = .gone
    }

    func close() {
        mscope_forget_descriptor(socket)
        _ = Glibc.close(socket)
        phase = .gone
    }

    private func judge(_ limits: HTTPDaemon.Limits) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limits.headerBytes + 1) { buffer in
            let count = unsafe recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            guard count > 0 else {
                if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
                return
            }
            phase = .partial
            switch unsafe RequestHead.judge(UnsafeBufferPointer(rebasing: buffer[..<count]), limit: limits.headerBytes)
            {
            case .complete: phase = .ready
            case .refused(let error): refuse(error)
            case .incomplete where isAtEnd:
                refuse(.badRequest("the head of the request is not complete", hint: "end it with an empty line"))
            case .incomplete: break
            }
        }
    }

    /// Whether the client will send no more bytes.
    private var isAtEnd: Bool {
        var state = pollfd(fd: socket, events: Int16(MSCOPE_HTTP_HANG_UP), revents: 0)
        return unsafe poll(&state, 1, 0) > 0
    }

    private func refuse(_ error: HTTPError) {
        RawResponse(error).send(to: socket)
        guard phase != .silent else { return close() }
        shutdown(socket, Int32(SHUT_WR))
        phase = .refused
        since = monotonicNow()
    }

    private func discard(now: UInt64) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            var count = 1
            while count > 0, discarded < Self.refusedBytes {
                count = unsafe recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                discarded += max(count, 0)
            }
            let isOver = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
            if isOver || discarded >= Self.refusedBytes || now > since + Self.refusedSeconds * 1_000_000_000 { close() }
        }
    }
}

/// A refusal as bytes, for sockets that libmicrohttpd does not own or will not write to.
struct RawResponse {
    private let text: String

    init(_ error: HTTPError) {
        let response = ResponseEncoder.encode(error.response, for: nil)
        var body = ""
        if case .bytes(let bytes) = response.body { body = String(decoding: bytes, as: UTF8.self) }
        let fields = response.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        text =
            "HTTP/1.1 \(error.status) \(Self.reason(error.status))\r\n\(fields)"
            + "Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends as much as the socket accepts at once; this is enough, because nothing was sent on it before.
    func send(to socket: Int32) {
        _ = unsafe Glibc.send(socket, text, text.utf8.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 408: "Request Timeout"
        case 431: "Request Header Fields Too Large"
        case 505: "HTTP Version Not Supported"
        default: "Bad Request"
        }
    }
}

extension HTTPError {
    static func late(_ message: String) -> HTTPError {
        HTTPError(
            status: 408,
            code: .badRequest,
            message: message,
            hint: "send its header and body without a pause"
        )
    }
}
