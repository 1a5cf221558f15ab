internal import CHTTP

/// A client that listens to server-sent events.
///
/// Only the server thread uses it. While there is nothing to send, its connection is suspended; the daemon's loop
/// resumes it.
@safe final class EventStream {
    /// A comment line: clients ignore it, but it shows that the connection is alive.
    private static let heartbeat = Array(": \n\n".utf8)

    private let handle: OpaquePointer
    private(set) var isSuspended = false
    private let subscription: Int
    private let hub: EventHub
    private var pending: [UInt8]
    private var isEnded = false
    private var lastSent = monotonicNow()

    /// Nil when the limit of streams is reached.
    ///
    /// - Parameters:
    ///   - handle: libmicrohttpd's connection.
    ///   - hub: The source of the events.
    ///   - first: The events that this client gets before all published ones.
    init?(handle: OpaquePointer, hub: EventHub, first: [ServerEvent]) {
        guard let subscription = hub.subscribe() else { return nil }
        unsafe self.handle = handle
        self.subscription = subscription
        self.hub = hub
        // The time after which the client should reconnect, in milliseconds.
        pending = Array("retry: 2000\n\n".utf8) + first.flatMap(\.bytes)
    }

    /// Fills libmicrohttpd's buffer; suspends the connection when there is nothing to send.
    ///
    /// - Returns: The number of bytes written, or libmicrohttpd's end-of-stream.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // This is MHD_CONTENT_READER_END_OF_STREAM, a macro with a cast.
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

    /// The time since something was last sent, in nanoseconds.
    func silence(at now: UInt64) -> UInt64 {
        now > lastSent ? now - lastSent : 0
    }

    /// Ends the stream at the next read, because the client has left or the server stops.
    func end() {
        isEnded = true
        if isSuspended { resume() }
    }

    /// Must be called when the request is complete.
    func close() {
        hub.unsubscribe(subscription)
    }

    private func resume() {
        isSuspended = false
        unsafe MHD_resume_connection(handle)
    }
}
