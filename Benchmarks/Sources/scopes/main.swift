import Glibc
import MemscopeServer

// What a scope costs: to enter and leave it, and for each allocation and free in it. Prints "name nanoseconds" lines.

/// Blocks that are live between their allocation and their free.
let count = 4096
let rounds = 200
nonisolated(unsafe) let blocks = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: count)

func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

struct Cost {
    var allocation = UInt64.max
    var free = UInt64.max

    mutating func measure() {
        let begun = now()
        for index in 0..<count { blocks[index] = malloc(64) }
        let made = now()
        for index in 0..<count { Glibc.free(blocks[index]) }
        allocation = min(allocation, made - begun)
        free = min(free, now() - made)
    }

    func report(_ name: String) {
        print("\(name)_allocation_ns", Double(allocation) / Double(count))
        print("\(name)_free_ns", Double(free) / Double(count))
    }
}

/// Outside and inside by turns, so that a machine that is slow for a while is so for both.
func comparePairs(_ name: String) {
    var (outside, inside) = (Cost(), Cost())
    for _ in 0..<rounds {
        outside.measure()
        MemScope.scope("inside") { inside.measure() }
    }
    outside.report("\(name)_outside")
    inside.report("\(name)_inside")
}

func compareCalls(_ name: String) {
    var (plain, attributed) = (UInt64.max, UInt64.max)
    for _ in 0..<rounds {
        let begun = now()
        for _ in 0..<count { MemScope.scope("call") {} }
        let middle = now()
        for _ in 0..<count { MemScope.scope("call", attributes: ["route": "/users/:id"]) {} }
        plain = min(plain, middle - begun)
        attributed = min(attributed, now() - middle)
    }
    print("\(name)_call_ns", Double(plain) / Double(count))
    print("\(name)_attributed_call_ns", Double(attributed) / Double(count))
}

blocks.initialize(repeating: nil, count: count)
comparePairs("thread")
compareCalls("thread")
await Task.detached {
    comparePairs("task")
    compareCalls("task")
}.value
