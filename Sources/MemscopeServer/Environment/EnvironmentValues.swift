internal import Glibc
internal import Tracking

/// The options that the environment turns on with the value 1.
package enum Switch: String {
    case showContents = "MEMSCOPE_SHOW_CONTENTS"
    case printErrors = "MEMSCOPE_PRINT_ERRORS"

    /// Off when the variable is not set, and for an invalid value, which `complain` reports.
    package var isOn: Bool {
        switch environment(rawValue) {
        case nil, "0": return false
        case "1": return true
        case let value?:
            complain("\(rawValue) is '\(value)'; accepted are 0, 1; using 0")
            return false
        }
    }
}

/// A placeholder for the process id, so that each process of a family has a socket or file of its own.
let pidPlaceholder = "{PID}"

func replacingPID(in text: String) -> String {
    guard let start = text.firstRange(of: pidPlaceholder) else { return text }
    return text[..<start.lowerBound] + String(getpid()) + text[start.upperBound...]
}

/// Prints one line on stderr: MemScope prints nothing else without a request.
func complain(_ message: String) {
    var line = "memscope: \(message)\n"
    line.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
