internal import Synchronization

/// A lock and what it protects, of which each process has its own.
///
/// A forked child may inherit a lock that is held by a thread which it does not have. It would wait for ever, or
/// `Mutex`, which remembers that thread, would end it.
package final class ProcessMutex<Value: Sendable>: Sendable {
    private final class Own: Sendable {
        let generation = ForkGeneration()
        let value: Mutex<Value>
        let next = AtomicLazyReference<Own>()

        init(_ value: Value) {
            self.value = Mutex(value)
        }
    }

    /// In the order of forks; the last is this process' own once it was asked for.
    private let first = AtomicLazyReference<Own>()
    private let initial: Value

    /// - Parameter initial: What a process, also a forked one, begins with.
    package init(_ initial: Value) {
        self.initial = initial
    }

    package func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try own.value.withLock { value throws(Failure) in try body(&value) }
    }

    private var own: Own {
        var own = first.load() ?? first.storeIfNil(Own(initial))
        while !own.generation.isCurrent { own = own.next.load() ?? own.next.storeIfNil(Own(initial)) }
        return own
    }
}
