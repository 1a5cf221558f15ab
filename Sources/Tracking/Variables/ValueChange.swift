internal import CMemscope

/// How a variable's value was changed.
@usableFromInline enum ValueChange: Sendable {
    case assigned
    /// In place, since this moment of the thread.
    case modified(since: Moment)

    /// Tells whether a block was allocated later, on the same thread: by a clock, which is exact to some milliseconds,
    /// and by whether anything was.
    @usableFromInline struct Moment: Sendable {
        private let time: UInt64
        private let allocations: UInt64

        @usableFromInline static var now: Moment {
            Moment(time: mscope_coarse_now(), allocations: mscope_allocations_here())
        }

        var hasAllocatedSince: Bool { mscope_allocations_here() != allocations }

        func isBefore(birth: UInt64) -> Bool { birth >= time }
    }
}
