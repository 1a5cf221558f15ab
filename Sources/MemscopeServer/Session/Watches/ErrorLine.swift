internal import MemscopeAnalysis
internal import MemscopeRender
internal import Tracking

/// A memory error in one line, for `MEMSCOPE_PRINT_ERRORS`.
enum ErrorLine {
    static func text(of values: ErrorValues) -> String {
        let error = values.error
        var text = "\(error.kind.rawValue) at 0x\(String(error.address, radix: 16)): \(error.title)"
        if let type = values.type { text += " (\(type.name))" }
        let accessed = error.discovery == .atOnce ? "in" : "found in"
        let places = [(accessed, values.access), ("allocated in", values.allocated), ("freed in", values.freed)]
        for (words, witness) in places {
            if let frame = place(of: witness.stack) { text += ", \(words) \(frame)" }
        }
        return text
    }

    /// The innermost call that is no allocation function.
    private static func place(of stack: [Frame]) -> String? {
        guard let frame = stack.first(where: { !AllocatorFrames.contains($0) }) ?? stack.last else { return nil }
        guard let file = frame.file, let line = frame.line else { return frame.function }
        return "\(frame.function) (\(file.split(separator: "/").last ?? ""):\(line))"
    }
}
