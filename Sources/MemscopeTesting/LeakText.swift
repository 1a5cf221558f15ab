internal import MemscopeServer
internal import Testing
internal import Tracking

/// Describes leaks in words, for the log of a test run.
enum LeakText {
    private static let leakLimit = 10
    private static let cycleLimit = 5
    private static let frameLimit = 8

    static func describe(_ found: ScopeLeaks, after comment: Comment?) -> String {
        let blocks = found.leaks.reduce(0) { $0 + $1.count }
        let bytes = found.leaks.reduce(0) { $0 + $1.bytes }
        var lines: [String] = comment.map { [$0.rawValue] } ?? []
        lines.append("leaked \(blocks) \(blocks == 1 ? "block" : "blocks"), \(bytes) bytes")
        for cycle in found.cycles.prefix(cycleLimit) { lines += describe(cycle) }
        // Blocks that other leaked blocks hold are freed with these: so they come last, and without stacks.
        let (held, direct) = (found.leaks.filter { $0.kind == .indirect }, found.leaks.filter { $0.kind != .indirect })
        for leak in direct.prefix(leakLimit) {
            lines.append("  \(leak.count) x \(leak.type), \(leak.bytes) bytes: \(leak.reason)")
            lines += frames(leak.stack)
        }
        for leak in held.prefix(leakLimit) {
            lines.append("  \(leak.count) x \(leak.type), \(leak.bytes) bytes: \(leak.reason)")
        }
        let hidden = max(direct.count - leakLimit, 0) + max(held.count - leakLimit, 0)
        if hidden > 0 { lines.append("  and \(hidden) more kinds of blocks") }
        return lines.joined(separator: "\n")
    }

    private static func describe(_ cycle: MemScope.HeapAnalysis.Cycle) -> [String] {
        let steps = cycle.path.map { $0.type + ($0.field.map { "." + $0 } ?? "") }
        let path = (steps + [cycle.path.first?.type ?? ""]).joined(separator: " -> ")
        var lines = ["  retain cycle: \(path)"]
        if let edge = cycle.breakEdge {
            lines.append("    break it at \(edge.from).\(edge.field ?? "?"): \(edge.reason)")
            lines += edge.at.map { ["    made in " + text($0)] } ?? []
        }
        return lines
    }

    /// The calls of the test and of the code that it calls; calls of the runtime, of macros, and of the code that runs
    /// the test give no useful information.
    private static func frames(_ stack: [MemScope.Frame]) -> [String] {
        let inner = stack.prefix { !$0.function.contains("Tracking.ScopeCall.run") }
        let own = inner.filter { $0.file?.contains("/@__swiftmacro_") == false }
        return (own.isEmpty ? Array(inner) : own).prefix(frameLimit).map { "    " + text($0) }
    }

    private static func text(_ frame: MemScope.Frame) -> String {
        let place = frame.file.map { file in " (\(file)" + (frame.line.map { ":\($0)" } ?? "") + ")" }
        return frame.function + (place ?? "")
    }
}
