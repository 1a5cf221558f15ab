internal import CMemscope

/// How the process ended.
package enum ProcessEnd: Sendable, Hashable {
    /// `exit`, or `main` returned.
    case exit(status: Int32)
    /// `_exit`, `_Exit`.
    case exitAtOnce(status: Int32?)
    case quickExit
    case signal(Int32)
}

// The end of a process waits for its reporter, a thread that waits for the end.
extension ProcessEnd {
    /// From now on the process does not end without having told its reporter; to be called once.
    ///
    /// - Parameters:
    ///   - timeout: How long the end is put off at most, in nanoseconds, unless the reporter asks for more.
    ///   - signals: Whether fatal signals are watched, too.
    ///   - startInChild: Starts the reporter in a forked child, when that ends; nil: children end without a report.
    package static func watch(timeout: UInt64, signals: Bool, startInChild: (@convention(c) () -> Bool)?) {
        var options = mscope_end_options()
        options.timeout = timeout
        options.signals = signals
        options.start_in_child = startInChild
        unsafe mscope_watch_end(&options)
    }

    /// Waits for the end; only the reporter calls it, and has to call `reported` then.
    package static func wait() -> ProcessEnd { ProcessEnd(mscope_await_end()) }

    /// The reporter needs so many nanoseconds from now on.
    package static func putOff(nanoseconds: UInt64) { mscope_put_off_end(nanoseconds) }

    /// Lets the process end: with a status, or with its own for nil.
    package static func reported(status: Int32?) { mscope_end_reported(status ?? -1) }

    /// Where there is no reporter: ends the process when all threads of the program have ended.
    ///
    /// To be called now and then.
    package static func endIfOver() { mscope_end_if_over() }

    /// Calls a function when the process exits; false when it will not be called.
    package static func atExit(_ function: @convention(c) () -> Void) -> Bool { mscope_at_exit(function) }

    private init(_ end: mscope_end) {
        self =
            switch end.kind {
            case MSCOPE_END_EXIT.rawValue: .exit(status: end.number)
            case MSCOPE_END_AT_ONCE.rawValue: .exitAtOnce(status: end.number < 0 ? nil : end.number)
            case MSCOPE_END_QUICK.rawValue: .quickExit
            default: .signal(end.number)
            }
    }
}
