internal import Synchronization

/// Runs one heavy job at a time on a thread of its own, so that other clients never wait for a long analysis.
final class HeavyWorker: Sendable {
    struct Job: Sendable {
        let work: @Sendable () -> EncodedResponse
        /// Called when the worker is free again: a client that has its answer and asks again must not be told "busy"
        /// because of its own first request.
        let deliver: @Sendable (EncodedResponse) -> Void
    }

    private enum State: Sendable {
        case idle, running, stopping
        case queued(Job)
    }

    private let state = Mutex(State.idle)
    private let wakeup = Semaphore()

    /// Hands over a job; false when there is one already.
    func submit(_ job: Job) -> Bool {
        let isAccepted = state.withLock { state in
            guard case .idle = state else { return false }
            state = .queued(job)
            return true
        }
        if isAccepted { wakeup.signal() }
        return isAccepted
    }

    /// The body of the thread: works until `stop`.
    func run() {
        while let job = nextJob() {
            let response = job.work()
            // A stopping server drops its clients, so none of them gets an answer by chance.
            guard becomeIdle() else { return }
            job.deliver(response)
        }
    }

    /// Waits for the job in progress, drops its answer, then ends `run`.
    func stop() {
        state.withLock { $0 = .stopping }
        wakeup.signal()
    }

    /// False when the worker must stop.
    private func becomeIdle() -> Bool {
        state.withLock { state in
            guard case .running = state else { return false }
            state = .idle
            return true
        }
    }

    private func nextJob() -> Job? {
        while true {
            wakeup.wait()
            let (job, isStopping) = state.withLock { state -> (Job?, Bool) in
                switch state {
                case .queued(let job):
                    state = .running
                    return (job, false)
                case .stopping: return (nil, true)
                case .idle, .running: return (nil, false)
                }
            }
            if job != nil || isStopping { return job }
        }
    }
}
