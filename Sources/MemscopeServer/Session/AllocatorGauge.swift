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

    /// For a client that asks now; as old as the last question where it is too early for another.
    func read() -> UInt64? {
        state.withLock { state in
            state.lookedAt = CaptureCore.now
            return Self.value(&state)
        }
    }

    /// For the timeline; nil while nobody looks.
    func readIfWatched() -> UInt64? {
        state.withLock { state in
            state.lookedAt > 0 && CaptureCore.now - state.lookedAt < Self.attention ? Self.value(&state) : nil
        }
    }

    /// Notes that somebody looks at the timeline.
    func watch() { state.withLock { $0.lookedAt = CaptureCore.now } }

    private static func value(_ state: inout State) -> UInt64? {
        let began = CaptureCore.now
        guard began >= state.notBefore, began - state.measuredAt >= freshness else { return state.bytes }
        state.bytes = CaptureCore.allocatorHeldBytes
        state.measuredAt = CaptureCore.now
        state.notBefore = state.measuredAt + rest * (state.measuredAt - began)
        return state.bytes
    }
}
