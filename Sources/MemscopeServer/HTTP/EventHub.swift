internal import Synchronization
internal import Tracking

/// Passes server-sent events from any thread to the clients of one daemon.
///
/// Each client has a queue of its own. A client that is too slow loses its oldest events; neither the publisher nor
/// other clients wait for it.
/// events, and neither the publisher nor another client waits for it.
package final class EventHub: Sendable {
    private struct State {
        var queues: [Int: [[UInt8]]] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    private let queueLimit: Int
    let streamLimit: Int
    // A forked child has no server, and the lock may be held for ever by a thread that exists only in the parent.
    private let generation = ForkGeneration()

    /// - Parameters:
    ///   - queueLimit: The largest number of events kept for each client.
    ///   - streamLimit: The largest number of clients at a time.
    package init(queueLimit: Int = 64, streamLimit: Int = 8) {
        self.queueLimit = queueLimit
        self.streamLimit = streamLimit
    }

    /// Whether any client listens; if not, no event needs to be rendered.
    package var hasListeners: Bool {
        generation.isCurrent && state.withLock { !$0.queues.isEmpty }
    }

    /// Puts an event into the queue of every client without waiting; the daemon reads the queues several times a
    /// second.
    package func publish(_ event: ServerEvent) {
        guard generation.isCurrent else { return }
        let bytes = event.bytes
        state.withLock { state in
            for id in state.queues.keys {
                state.queues[id]?.append(bytes)
                let excess = (state.queues[id]?.count ?? 0) - queueLimit
                if excess > 0 { state.queues[id]?.removeFirst(excess) }
            }
        }
    }

    package func publish(event name: String, data: String) {
        publish(ServerEvent(name, data: data))
    }
}

// The functions that the daemon calls.
extension EventHub {
    /// Ends every subscription.
    func detach() {
        state.withLock { $0.queues = [:] }
    }

    /// Opens a queue for a client; nil when the limit of streams is reached.
    package func subscribe() -> Int? {
        state.withLock { state in
            guard state.queues.count < streamLimit else { return nil }
            state.nextID += 1
            state.queues[state.nextID] = []
            return state.nextID
        }
    }

    package func unsubscribe(_ id: Int) {
        state.withLock { $0.queues[id] = nil }
    }

    /// Removes and returns everything in a client's queue, in order.
    package func take(_ id: Int) -> [UInt8] {
        state.withLock { state in
            let events = state.queues[id] ?? []
            if !events.isEmpty { state.queues[id] = [] }
            return Array(events.joined())
        }
    }
}
