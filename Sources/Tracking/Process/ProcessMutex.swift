internal import Synchronization

/// A lock and the value that it protects; each process has its own copy of both.
///
/// A forked child may inherit a lock that is held by a thread which the child does not have. The child would wait for
/// ever, or `Mutex`, which remembers the thread, would end the child.
package final class ProcessMutex<Value: Sendable>: Sendable {
    private final class Own: Sendable {
        let generation = ForkGeneration()
        let value: Mutex<Value>
        let next = AtomicLazyReference<Own>()

        init(_ value: Value) {
            self.value = Mutex(value)
        }
    }

    /// A list in the order of forks; after its first use in this process, the last entry is this process' own.
    private let first = AtomicLazyReference<Own>()
    private let initial: Value

    /// - Parameter initial: The value with which each process begins, also a forked one.
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
