// Loses tasks that wait for ever, says so, and ends when its input does.
import Foundation

final class Box: @unchecked Sendable {
    var continuation: CheckedContinuation<Void, Never>?
    var bytes = [UInt8](repeating: 1, count: 99)
}

@inline(never) func lose() {
    Task.detached {
        let box = Box()
        await withCheckedContinuation { box.continuation = $0 }
        print(box.bytes.count)
    }
}

@inline(never) func work(_ depth: Int) -> Int {
    var numbers = [Int](repeating: depth, count: 400)
    numbers[1] = depth
    return depth == 0 ? 0 : numbers[1] + work(depth - 1)
}

for _ in 0..<20 { lose() }
usleep(300_000)
for _ in 0..<64 {
    Task.detached {
        _ = work(40)
        await Task.yield()
        _ = work(40)
    }
}
usleep(300_000)
print(work(40) > 0 ? "up" : "")
fflush(stdout)
_ = readLine()
