// 64 tasks that hop between threads. Each allocates under six awaited functions: eight objects, one after another, then
// another task's turn comes.
//
//   hops SECONDS
import Glibc

final class Piece {
    let number: Int
    init(_ number: Int) { self.number = number }
}

@inline(never) func make(_ number: Int) -> Piece { Piece(number) }

@inline(never) func sixth(_ number: Int) async -> Int {
    var sum = 0
    for index in 0..<8 { sum &+= make(number + index).number }
    await Task.yield()
    return sum
}
@inline(never) func fifth(_ number: Int) async -> Int { await sixth(number) &+ 1 }
@inline(never) func fourth(_ number: Int) async -> Int { await fifth(number) &+ 1 }
@inline(never) func third(_ number: Int) async -> Int { await fourth(number) &+ 1 }
@inline(never) func second(_ number: Int) async -> Int { await third(number) &+ 1 }
@inline(never) func first(_ number: Int) async -> Int { await second(number) &+ 1 }

func nanoseconds(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) * 1e9 + Double(now.tv_nsec)
}

/// How many objects all tasks have made.
func run(until end: Double) async -> Int {
    await withTaskGroup(of: Int.self) { tasks in
        for task in 0..<64 {
            tasks.addTask {
                var made = 0, sum = 0
                while nanoseconds(CLOCK_MONOTONIC) < end {
                    sum &+= await first(task)
                    made += 8
                }
                return sum == 0 ? 0 : made
            }
        }
        return await tasks.reduce(0, +)
    }
}

guard CommandLine.arguments.count == 2, let seconds = Double(CommandLine.arguments[1]), seconds > 0 else {
    print("usage: hops SECONDS")
    exit(2)
}
// The warm-up and what is measured are called from one place: the stacks of the one are those of the other.
for isWarm in [false, true] {
    let wall = nanoseconds(CLOCK_MONOTONIC), processor = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
    let made = Double(await run(until: wall + (isWarm ? seconds : 0.1) * 1e9))
    guard isWarm else { continue }
    print("wall_ns \((nanoseconds(CLOCK_MONOTONIC) - wall) / made)")
    print("cpu_ns \((nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - processor) / made)")
}
