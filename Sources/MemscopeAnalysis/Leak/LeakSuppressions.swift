package import Tracking

/// The leaks that the user knows and does not want to see.
///
/// The format is LeakSanitizer's: lines `leak:pattern`, and comments that begin with `#`. A pattern matches anywhere in
/// the name of a function, a source file or an image of the leak's call stack. `*` stands for any characters, `^` at
/// the start for the start of the name, and `$` at the end for its end.
///
/// - SeeAlso: https://github.com/google/sanitizers/wiki/AddressSanitizerLeakSanitizer#suppressions
package struct LeakSuppressions: Sendable, Hashable {
    private let patterns: [NamePattern]
    /// The numbers, from 1, of lines that are neither patterns nor comments.
    package let badLines: [Int]

    package static let none = LeakSuppressions("")

    package var isEmpty: Bool { patterns.isEmpty }

    package init(_ text: String) {
        var patterns: [NamePattern] = []
        var badLines: [Int] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            let pattern = line.starts(with: "leak:".utf8) ? trimmed(line.dropFirst(5)) : line[line.endIndex...]
            if pattern.isEmpty { badLines.append(index + 1) } else { patterns.append(NamePattern(Array(pattern))) }
        }
        self.patterns = patterns
        self.badLines = badLines
    }

    /// Whether a pattern matches any function, file or image of a call stack.
    package func matches(_ stack: [Frame]) -> Bool {
        stack.contains { frame in
            [frame.function, frame.file, frame.image].contains { name in
                guard let name else { return false }
                let bytes = Array(name.utf8)
                return patterns.contains { $0.matches(bytes) }
            }
        }
    }
}

private func trimmed(_ line: Substring.UTF8View.SubSequence) -> Substring.UTF8View.SubSequence {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var line = line.drop(while: isSpace)
    while let last = line.last, isSpace(last) { line.removeLast() }
    return line
}

/// A pattern with `*`, `^` and `$`.
private struct NamePattern: Sendable, Hashable {
    /// The parts that must follow one another, with anything in between; the first must begin the name, the last must
    /// end it.
    private var parts: [[UInt8]]

    init(_ text: [UInt8]) {
        var text = text[...]
        let isAtStart = text.first == UInt8(ascii: "^")
        if isAtStart { text.removeFirst() }
        let isAtEnd = text.last == UInt8(ascii: "$")
        if isAtEnd { text.removeLast() }
        parts = text.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
        if !isAtStart { parts.insert([], at: 0) }
        if !isAtEnd { parts.append([]) }
    }

    func matches(_ name: [UInt8]) -> Bool {
        // An end that is not anchored has an empty part, which matches there.
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return parts.first == name }
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last[...]
        else { return false }
        var rest = name[first.count..<(name.count - last.count)]
        for part in parts[1..<(parts.count - 1)] where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
