internal import Glibc

// Small wrappers of system calls, used by the files in this folder.

/// A text such as "bind: Address already in use", from the current `errno`.
func systemCause(_ call: String) -> String {
    let number = errno
    var buffer = [CChar](repeating: 0, count: 128)
    let length = buffer.count
    unsafe strerror_r(number, &buffer, length)
    return "\(call): " + String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func systemError(_ call: String, _ message: String) -> MemscopeServerError {
    let cause = systemCause(call)
    return MemscopeServerError(code: .system, message: message, cause: cause)
}

/// The current time, in nanoseconds on the monotonic clock.
func monotonicNow() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
