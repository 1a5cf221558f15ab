import Glibc

/// Waits for Ctrl-C and `kill` instead of handling them: no code of this program runs in a signal handler.
struct StopSignal {
    private var signals = sigset_t()

    /// Blocks the signals in this thread and in all threads that it starts.
    init() {
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            // A shell starts background jobs with Ctrl-C ignored, and an ignored signal never arrives.
            signal(number, SIG_DFL)
            unsafe sigaddset(&signals, number)
        }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits until one of the signals arrives, or for `seconds`; 0 waits for ever.
    mutating func wait(seconds: Int) {
        let deadline = ContinuousClock.now + .seconds(seconds == 0 ? Int(Int32.max) : seconds)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return }
            var limit = timespec(
                tv_sec: Int(left.components.seconds),
                tv_nsec: Int(left.components.attoseconds / 1_000_000_000)
            )
            if unsafe sigtimedwait(&signals, nil, &limit) > 0 { return }
        }
    }
}
