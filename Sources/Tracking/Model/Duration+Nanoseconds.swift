extension Duration {
    /// The duration in whole nanoseconds; 0 when it is negative, `UInt64.max` when it is too large.
    package var nanoseconds: UInt64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (whole, isTooLarge) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isStillTooLarge) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return isTooLarge || isStillTooLarge ? .max : sum
    }
}
