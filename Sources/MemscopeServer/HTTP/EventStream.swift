internal import CHTTP

/// A client that listens to server-sent events.
///
/// Only the server thread touches it. While there is nothing to send its connection is
/// suspended; the daemon's loop resumes it.
@safe final class EventStream {
    /// A comment: clients ignore it, but the connection is seen to be alive.
    private static let heartbeat = Array(": \n\n".utf8)

    private let handle: OpaquePointer
    private(set) var isSuspended = false
    private let subscription: Int
    private let hub: EventHub
    private var pending: [UInt8]
    private var isEnded = false
    private var lastSent = monotonicNow()

    /// Nil when there are as many streams as allowed.
    ///
    /// - Parameters:
    ///   - handle: libmicrohttpd's connection.
    ///   - hub: Where the events come from.
    ///   - first: What this client gets before anything published.
    init?(handle: OpaquePointer, hub: EventHub, first: [ServerEvent]) {
        guard let subscription = hub.subscribe() else { return nil }
        unsafe self.handle = handle
        self.subscription = subscription
        self.hub = hub
        // How soon to come back after a break, in milliseconds.
        pending = Array("retry: 2000\n\n".utf8) + first.flatMap(\.bytes)
    }

    /// Fills libmicrohttpd's buffer; suspends the connection when there is nothing.
    ///
    /// - Returns: Bytes written, or libmicrohttpd's end-of-stream.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // MHD_CONTENT_READER_END_OF_STREAM, a macro with a cast.
        if isEnded { return -1 }
        if pending.isEmpty { pending = hub.take(subscription) }
        if pending.isEmpty {
            isSuspended = true
            unsafe MHD_suspend_connection(handle)
            return 0
        }
        let count = min(buffer.count, pending.count)
        unsafe buffer.copyBytes(from: pending.prefix(count))
        pending.removeFirst(count)
        lastSent = monotonicNow()
        return count
    }

    /// Resumes the connection when there is something to send.
    func feed(now: UInt64, limits: HTTPDaemon.Limits) {
        guard isSuspended else { return }
        pending = hub.take(subscription)
        if pending.isEmpty, silence(at: now) >= UInt64(limits.heartbeatSeconds) * 1_000_000_000 {
            pending = Self.heartbeat
        }
        if !pending.isEmpty { resume() }
    }

    /// Nanoseconds in which nothing went out.
    func silence(at now: UInt64) -> UInt64 {
        now > lastSent ? now - lastSent : 0
    }

    /// Ends the stream at the next read: the client has gone, or the server goes.
    func end() {
        isEnded = true
        if isSuspended { resume() }
    }

    /// The request is over.
    func close() {
        hub.unsubscribe(subscription)
    }

    private func resume() {
        isSuspended = false
        unsafe MHD_resume_connection(handle)
    }
}
