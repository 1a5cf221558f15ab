import Glibc
import Synchronization
import Tracking

/// A block of the C heap by its address; the optimizer cannot remove what became a number.
@inline(never) func allocate(_ size: Int) -> UInt64 {
    unsafe UInt64(UInt(bitPattern: malloc(size)))
}

func release(_ addresses: some Sequence<UInt64>) {
    for address in addresses { unsafe free(UnsafeMutableRawPointer(bitPattern: UInt(address))) }
}

/// What a walk says about some addresses; tests that walk at the same time wait for each other.
func liveBlocks(at addresses: [UInt64]) -> [Block] {
    let wanted = Set(addresses)
    return patiently {
        var found: [Block] = []
        let walk = LiveBlocks { found += $0.filter { wanted.contains($0.address) } }
        return walk == nil ? nil : found.sorted { $0.address < $1.address }
    }
}

/// Comes again for as long as there is no result, a minute at least.
func patiently<Result>(_ attempt: () -> Result?) -> Result {
    for _ in 0..<60_000 {
        if let result = attempt() { return result }
        usleep(1000)
    }
    preconditionFailure("60,000 attempts, a millisecond apart, had no result")
}

// Glibc shows these two only to programs that ask for GNU extensions, which Swift does not.
@_silgen_name("gettid") func currentThreadNumber() -> pid_t
@_silgen_name("pthread_setname_np") private func setName(_ thread: pthread_t, _ name: UnsafePointer<CChar>) -> Int32

func nameCurrentThread(_ name: String) {
    _ = unsafe setName(pthread_self(), name)
}

/// A thread of the operating system, without a Swift task.
final class PlainThread: Sendable {
    private let body: @Sendable () -> Void
    private let handle = Mutex(pthread_t())

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = handle.withLock { handle in
            unsafe pthread_create(
                &handle,
                nil,
                { context in
                    unsafe Unmanaged<PlainThread>.fromOpaque(context!).takeRetainedValue().body()
                    return nil
                },
                context
            )
        }
        precondition(status == 0, "pthread_create: \(status)")
    }

    func join() {
        _ = pthread_join(handle.withLock { $0 }, nil)
    }
}

/// Threads that allocate and free without pause, until stopped.
final class Churn: Sendable {
    private let isStopping = Atomic(false)
    private let threads = Mutex<[PlainThread]>([])

    init(threads count: Int) {
        threads.withLock { threads in
            for seed in 0..<count { threads.append(PlainThread { [self] in run(seed) }) }
        }
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func run(_ seed: Int) {
        var held = [UInt64](repeating: 0, count: 500)
        var step = seed
        while !isStopping.load(ordering: .relaxed) {
            step &+= 1
            let slot = step &* 7919 % held.count
            release([held[slot]])
            held[slot] = allocate(1 + step % 3000)
        }
        release(held)
    }
}
