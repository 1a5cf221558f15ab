internal import Synchronization
internal import Tracking

/// The memory that the allocator holds from the system; it is read only while a client is interested, and no more often
/// than its cost allows.
///
/// To answer, the allocator takes its locks and walks its free chunks: with four million of them, the program's
/// `malloc` waits for 30 ms. So at most a hundredth of the time is spent on this.
final class AllocatorGauge: Sendable {
    /// How long one request counts as interest of a client, in nanoseconds.
    private static let attention: UInt64 = 3_000_000_000
    private static let freshness: UInt64 = 900_000_000
    /// The pause after a reading, as a multiple of its cost.
    private static let rest: UInt64 = 100

    private struct State {
        var bytes: UInt64?
        var measuredAt: UInt64 = 0
        var lookedAt: UInt64 = 0
        var notBefore: UInt64 = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> UInt64
    private let ask: @Sendable () -> UInt64?

    init(
        now: @escaping @Sendable () -> UInt64 = { CaptureCore.now },
        ask: @escaping @Sendable () -> UInt64? = { CaptureCore.allocatorHeldBytes }
    ) {
        self.now = now
        self.ask = ask
    }

    /// For a client that asks now; returns the last reading when it is too early for a new one.
    func read() -> UInt64? {
        state.withLock { state in
            state.lookedAt = now()
            return value(&state)
        }
    }

    /// For the timeline; nil while no client is interested.
    func readIfWatched() -> UInt64? {
        state.withLock { state in
            state.lookedAt > 0 && now() - state.lookedAt < Self.attention ? value(&state) : nil
        }
    }

    /// Must be called when a client reads the timeline.
    func watch() { state.withLock { $0.lookedAt = now() } }

    private func value(_ state: inout State) -> UInt64? {
        let began = now()
        guard began >= state.notBefore, began - state.measuredAt >= Self.freshness else { return state.bytes }
        state.bytes = ask()
        state.measuredAt = now()
        state.notBefore = state.measuredAt + Self.rest * (state.measuredAt - began)
        return state.bytes
    }
}
