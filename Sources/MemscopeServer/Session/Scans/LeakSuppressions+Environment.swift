internal import MemscopeAnalysis
internal import Tracking

extension LeakSuppressions {
    /// The suppressions in the file `MEMSCOPE_SUPPRESSIONS`, which is read once.
    static let fromEnvironment: LeakSuppressions = {
        guard let path = environment("MEMSCOPE_SUPPRESSIONS") else { return .none }
        let problem = { complain("MEMSCOPE_SUPPRESSIONS is '\(path)': " + $0) }
        guard let bytes = PlainFile.resolved(path).flatMap({ PlainFile.read($0, largest: 1 << 20) }) else {
            problem("accepted is a file of lines leak:pattern, of at most 1 MiB; nothing is suppressed")
            return .none
        }
        let suppressions = LeakSuppressions(String(decoding: bytes, as: UTF8.self))
        if let line = suppressions.badLines.first {
            problem("line \(line) is no leak:pattern, and no comment after #; it is left out")
        }
        return suppressions
    }()
}
