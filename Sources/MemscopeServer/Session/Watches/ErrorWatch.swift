internal import MemscopeAnalysis
internal import MemscopeRender
internal import Synchronization
internal import Tracking

/// Hears of new memory errors, and has the heap looked at for damage that nobody tripped over yet.
final class ErrorWatch: Sendable {
    private struct State {
        var counted: UInt64 = 0
        var nextSweep: UInt64 = CaptureCore.now + ErrorWatch.interval
    }

    /// Distance of two sweeps at least, in nanoseconds.
    private static let interval: UInt64 = 10_000_000_000
    /// A sweep may take one in so many seconds.
    private static let share: UInt64 = 50

    private let state = Mutex(State())
    /// Ids of those that were printed, by whichever watch.
    private static let printed = ProcessMutex<Set<UInt32>>([])

    /// The collector's second.
    ///
    /// - Returns: Whether there are errors since the last time.
    func tick() -> Bool {
        sweepWhenDue()
        let count = CaptureCore.errorCount
        return state.withLock { state in
            defer { state.counted = count }
            return state.counted != count
        }
    }

    /// Those that this was not called for yet.
    func unprinted() -> [MemoryError] {
        let errors = CaptureCore.errors()
        return Self.printed.withLock { printed in errors.filter { printed.insert($0.id).inserted } }
    }

    private func sweepWhenDue() {
        // Without a canary on every block there is next to nothing that a sweep would find.
        guard CaptureCore.checkTotals().watchesEveryBlock else { return }
        let began = CaptureCore.now
        guard state.withLock({ began >= $0.nextSweep }) else { return }
        CaptureCore.checkHeap()
        let ended = CaptureCore.now
        state.withLock { $0.nextSweep = ended + max(Self.interval, (ended - began) * Self.share) }
    }
}
