internal import CMemscope

/// How the process ended.
package enum ProcessEnd: Sendable, Hashable {
    /// By `exit`, or because `main` returned.
    case exit(status: Int32)
    /// By `_exit` or `_Exit`.
    case exitAtOnce(status: Int32?)
    case quickExit
    case signal(Int32)
}

// The end of a process waits for the reporter, a thread that waits for this end.
extension ProcessEnd {
    /// Makes the end of the process wait for the reporter from now on; must be called only once.
    ///
    /// - Parameters:
    ///   - timeout: The longest delay of the end, in nanoseconds, unless the reporter asks for more.
    ///   - signals: Whether fatal signals are watched, too.
    ///   - startInChild: Starts the reporter in a forked child when the child ends; nil: children end without a report.
    package static func watch(timeout: UInt64, signals: Bool, startInChild: (@convention(c) () -> Bool)?) {
        var options = mscope_end_options()
        options.timeout = timeout
        options.signals = signals
        options.start_in_child = startInChild
        unsafe mscope_watch_end(&options)
    }

    /// Waits for the end; only the reporter calls it, and it must call `reported` afterwards.
    package static func wait() -> ProcessEnd { ProcessEnd(mscope_await_end()) }

    /// Allows the reporter this many nanoseconds, counted from now.
    package static func putOff(nanoseconds: UInt64) { mscope_put_off_end(nanoseconds) }

    /// Lets the process end with this status; nil keeps the status of the process.
    package static func reported(status: Int32?) { mscope_end_reported(status ?? -1) }

    /// Ends the process when all threads of the program have ended; needed when there is no reporter.
    ///
    /// It must be called now and then.
    package static func endIfOver() { mscope_end_if_over() }

    /// Registers a function to be called when the process exits; false when it cannot be registered.
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
