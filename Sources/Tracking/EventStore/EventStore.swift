internal import Synchronization

/// The most recent events of the process: bounded, oldest dropped first.
///
/// One thread appends, any thread reads. No exact figure depends on the events: the core has counters and a live set of
/// its own.
package final class EventStore: Sendable {
    private struct State {
        var events: [Event] = []
        var next = 0
        var appended: UInt64 = 0
    }

    /// The largest number of events kept; each takes 56 bytes.
    package let capacity: Int
    private let state = Mutex(State())

    /// - Precondition: `capacity > 0`.
    package init(capacity: Int = 1 << 16) {
        precondition(capacity > 0, "an event store for \(capacity) events")
        self.capacity = capacity
    }

    /// The number of all events that were appended, and how many of them are no longer kept.
    package var counts: (appended: UInt64, dropped: UInt64) {
        state.withLock { ($0.appended, $0.appended - UInt64($0.events.count)) }
    }

    /// Appends events in the order in which they happened on each thread.
    package func append(_ events: [Event]) {
        state.withLock { state in
            for event in events {
                if state.events.count < capacity {
                    state.events.append(event)
                } else {
                    state.events[state.next] = event
                    state.next = (state.next + 1) % capacity
                }
            }
            state.appended += UInt64(events.count)
        }
    }

    /// The newest events, oldest first.
    ///
    /// - Parameter limit: The largest number of events to return.
    /// - Returns: At most `limit` events.
    package func latest(_ limit: Int) -> [Event] {
        state.withLock { state in
            let ordered = state.events[state.next...] + state.events[..<state.next]
            return Array(ordered.suffix(limit))
        }
    }
}
