import Glibc
import MemscopeServer

// What tracked variables cost: to track an object, to free it, and to change a tracked array. Prints "name nanoseconds"
// lines.

let count = 4096
let rounds = 50

final class Object {
    var number = 0
}

final class Plain {
    var numbers = Array(repeating: 1, count: 100)
}

final class Followed {
    @Tracked("numbers") var numbers = Array(repeating: 1, count: 100)
}

func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The least nanoseconds of a call, over rounds of `count` calls.
func least(_ body: (Int) -> Void) -> Double {
    var least = UInt64.max
    for _ in 0..<rounds {
        let begun = now()
        for index in 0..<count { body(index) }
        least = min(least, now() - begun)
    }
    return Double(least) / Double(count)
}

func report(_ name: String, _ nanoseconds: Double) { print("\(name)_ns", nanoseconds) }

@inline(never) func use(_ object: Object) { object.number += 1 }

// Nobody looks at the variables meanwhile, so that those of objects which were freed still have their places: the same
// object is tracked, and so it is the call that is measured.
let kept = Object()
report("life", least { _ in use(Object()) })
report("track", least { if $0 < 200 { MemScope.track(kept, "kept") } } * Double(count) / 200)
_ = MemScope.variables(limit: 1)
report("tracked_life", least { if $0 < 200 { use(MemScope.track(Object(), "object")) } } * Double(count) / 200)

let (plain, followed) = (Plain(), Followed())
report("write", least { plain.numbers[$0 % 100] = $0 })
report("tracked_write", least { followed.numbers[$0 % 100] = $0 })
report(
    "copy",
    least {
        let shared = plain.numbers
        plain.numbers[$0 % 100] = $0
        withExtendedLifetime(shared) {}
    }
)
report(
    "tracked_copy",
    least {
        let shared = followed.numbers
        followed.numbers[$0 % 100] = $0
        withExtendedLifetime(shared) {}
    }
)
