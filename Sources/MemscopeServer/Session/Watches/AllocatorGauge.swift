internal import Synchronization
internal import Tracking

/// What the allocator holds from the system, asked only while somebody looks, and no more often than its cost allows.
///
/// The allocator takes its locks to answer and walks its free chunks: with four million of them the program's `malloc`
/// waits for 30 ms. So a hundredth of the time is spent with it at most.
final class AllocatorGauge: Sendable {
    /// How long one look counts as looking on.
    private static let attention: UInt64 = 3_000_000_000
    private static let freshness: UInt64 = 900_000_000
    /// Pause after a question, as a multiple of what it cost.
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

    /// For a client that asks now; as old as the last question where it is too early for another.
    func read() -> UInt64? {
        state.withLock { state in
            state.lookedAt = now()
            return value(&state)
        }
    }

    /// For the timeline; nil while nobody looks.
    func readIfWatched() -> UInt64? {
        state.withLock { state in
            state.lookedAt > 0 && now() - state.lookedAt < Self.attention ? value(&state) : nil
        }
    }

    /// Notes that somebody looks at the timeline.
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
