internal import Glibc
internal import Tracking

/// What the environment turns on with 1.
package enum Switch: String {
    case showContents = "MEMSCOPE_SHOW_CONTENTS"
    case printErrors = "MEMSCOPE_PRINT_ERRORS"

    /// Off when it is not set, and for a bad value, of which `complain` tells.
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

/// Stands for the process id, so that each process of a family has a socket, or a file, of its own.
let pidPlaceholder = "{PID}"

func replacingPID(in text: String) -> String {
    guard let start = text.firstRange(of: pidPlaceholder) else { return text }
    return text[..<start.lowerBound] + String(getpid()) + text[start.upperBound...]
}

/// One line on stderr: the only thing ever printed unasked.
func complain(_ message: String) {
    var line = "memscope: \(message)\n"
    line.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
