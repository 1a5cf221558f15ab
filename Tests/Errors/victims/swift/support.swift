// What all victims share.

struct Victim: Sendable {
    let name: String
    let run: @Sendable () -> Void
}

/// 1 in the victim, 0 in its twin: also by how much too many it counts.
let crime = CommandLine.arguments.count > 2 && CommandLine.arguments[2] == "crime" ? 1 : 0

@inline(never) func makeWords(_ count: Int) -> UnsafeMutablePointer<Int> {
    let words = UnsafeMutablePointer<Int>.allocate(capacity: count)
    words.initialize(repeating: 0, count: count)
    return words
}

@inline(never) func makeBytes(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    bytes.initialize(repeating: 0, count: count)
    return bytes
}

@inline(never) func giveBack(_ pointer: UnsafeMutableRawPointer) {
    pointer.deallocate()
}

@inline(never) func giveBackAgain(_ pointer: UnsafeMutableRawPointer) {
    pointer.deallocate()
}

/// Keeps a value that was read from being removed.
@inline(never) func see<Value>(_ value: Value) {}
