// What threads hold, and what they leave behind.
import Glibc

let threadCases: [(name: String, run: () -> Void)] = [
    ("lost-by-thread", LostByThread.run), ("thread-specific-lost", ThreadSpecific.lose),
    ("clean-register-in-read", HeldByThread.inRead), ("clean-stack-in-sleep", HeldByThread.inSleep),
    ("clean-register-of-running-thread", HeldByThread.running), ("clean-thread-specific", ThreadSpecific.keep),
    ("clean-threads", CleanThreads.run),
]

enum LostByThread {
    final class Work { var part: Work? }

    @inline(never) static func lose() {
        let work = Work()
        work.part = Work()
        _ = Unmanaged.passRetained(work)
        show(work)
    }

    @inline(never) static func run() {
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { _ in
                LostByThread.lose()
                cases_clobber()
                return nil
            },
            nil
        )
        pthread_join(thread, nil)
    }
}

enum HeldByThread {
    final class Held {
        var inner: Inner? = Inner()
    }
    final class Inner { var number = 1 }

    @inline(never) static func inRead() {
        cases_block_in_read { Unmanaged.passRetained(Held()).toOpaque() }
    }

    @inline(never) static func inSleep() {
        cases_block_in_sleep { Unmanaged.passRetained(Held()).toOpaque() }
    }

    @inline(never) static func running() {
        cases_spin { Unmanaged.passRetained(Held()).toOpaque() }
    }
}

enum ThreadSpecific {
    final class Cache { var size = 1 }

    @inline(never) static func fill(_ key: pthread_key_t) {
        pthread_setspecific(key, Unmanaged.passRetained(Cache()).toOpaque())
    }

    /// A key without a destructor: when its thread ended nobody has the value.
    @inline(never) static func lose() {
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { _ in
                var key = pthread_key_t()
                pthread_key_create(&key, nil)
                ThreadSpecific.fill(key)
                cases_clobber()
                return nil
            },
            nil
        )
        pthread_join(thread, nil)
    }

    @inline(never) static func keep() {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        fill(key)
    }
}

enum CleanThreads {
    final class Piece { var number: Int; init(_ number: Int) { self.number = number } }

    @inline(never) static func run() {
        for round in 0..<8 {
            var thread = pthread_t()
            pthread_create(
                &thread,
                nil,
                { argument in
                    let pieces = (0..<50).map(Piece.init)
                    show((pieces.map(\.number), argument))
                    return nil
                },
                UnsafeMutableRawPointer(bitPattern: round)
            )
            pthread_join(thread, nil)
        }
    }
}
