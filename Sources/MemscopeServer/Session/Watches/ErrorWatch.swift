internal import MemscopeAnalysis
internal import MemscopeRender
internal import Synchronization
internal import Tracking

/// Detects new memory errors, and starts sweeps for damage that no access has revealed yet.
final class ErrorWatch: Sendable {
    private struct State {
        var counted: UInt64 = 0
        var nextSweep: UInt64 = CaptureCore.now + ErrorWatch.interval
    }

    /// The shortest interval between two sweeps, in nanoseconds.
    private static let interval: UInt64 = 10_000_000_000
    /// Sweeps may take one part of the time in this many.
    private static let share: UInt64 = 50

    private let state = Mutex(State())
    /// The ids of the errors that were printed, by any watch in this process.
    private static let printed = ProcessMutex<Set<UInt32>>([])

    /// The watch's work of each second; the collector calls it.
    ///
    /// - Returns: Whether there are new errors since the last call.
    func tick() -> Bool {
        sweepWhenDue()
        let count = CaptureCore.errorCount
        return state.withLock { state in
            defer { state.counted = count }
            return state.counted != count
        }
    }

    /// The errors that no earlier call has returned.
    func unprinted() -> [MemoryError] {
        let errors = CaptureCore.errors()
        return Self.printed.withLock { printed in errors.filter { printed.insert($0.id).inserted } }
    }

    private func sweepWhenDue() {
        // If not every block has a canary, a sweep finds next to nothing.
        guard CaptureCore.checkTotals().watchesEveryBlock else { return }
        let began = CaptureCore.now
        guard state.withLock({ began >= $0.nextSweep }) else { return }
        CaptureCore.checkHeap()
        let ended = CaptureCore.now
        state.withLock { $0.nextSweep = ended + max(Self.interval, (ended - began) * Self.share) }
    }
}
