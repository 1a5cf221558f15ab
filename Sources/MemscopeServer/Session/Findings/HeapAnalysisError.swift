internal import Tracking

/// The reason why the heap could not be scanned or walked over, with the remedy.
public struct HeapAnalysisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of the problem; new kinds may be added, so always handle the default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case busy, blocksUnknown, tooLarge, outOfMemory, timedOut, interrupted, forbidden, unknownSnapshot
        }

        private let kind: Kind

        /// Another scan of the heap, or walk over its blocks, is under way.
        public static let busy = Code(kind: .busy)
        /// Not every live block is known: the mode is `sampled` or `off`, or nothing is tracked at all.
        public static let blocksUnknown = Code(kind: .blocksUnknown)
        /// The graph is larger than the memory that it may use.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The system refused the memory.
        public static let outOfMemory = Code(kind: .outOfMemory)
        /// The scan took longer than the time limit.
        public static let timedOut = Code(kind: .timedOut)
        /// The copy of the process that was scanned was killed.
        public static let interrupted = Code(kind: .interrupted)
        /// The system allows MemScope neither to copy the process nor to stop its threads.
        public static let forbidden = Code(kind: .forbidden)
        /// No snapshot with this id or name is kept.
        public static let unknownSnapshot = Code(kind: .unknownSnapshot)

        /// The name of the code, such as "timedOut".
        public var description: String { kind.rawValue }
    }

    /// The kind of the problem.
    public let code: Code
    /// What the problem is.
    public let reason: String
    /// What the user can do about it.
    public let remedy: String

    /// Reason and remedy in one line.
    public var message: String { "\(reason); \(remedy)" }
    /// The code and the message.
    public var description: String { "\(code): \(message)" }

    package init(code: Code, reason: String, remedy: String) {
        self.code = code
        self.reason = reason
        self.remedy = remedy
    }
}

extension HeapAnalysisError {
    static func unknownSnapshot(_ id: String, kept: [String]) -> HeapAnalysisError {
        let list = kept.joined(separator: ", ")
        return HeapAnalysisError(
            code: .unknownSnapshot,
            reason: "no snapshot \"\(id)\"",
            remedy: list.isEmpty
                ? "take one with POST /api/snapshots or MemScope.snapshot()"
                : "kept are \(list); \"now\" is the heap of now"
        )
    }

    init(_ problem: HeapScanProblem) {
        let code: Code =
            switch problem {
            case .busy: .busy
            case .incomplete: .blocksUnknown
            case .tooLarge: .tooLarge
            case .noMemory: .outOfMemory
            case .timedOut: .timedOut
            case .died: .interrupted
            case .forbidden: .forbidden
            }
        guard problem == .incomplete else {
            self.init(code: code, reason: problem.reason, remedy: problem.remedy)
            return
        }
        self.init(code: code, reason: Self.whyBlocksAreUnknown, remedy: Self.howToKnowThem)
    }

    private static var whyBlocksAreUnknown: String {
        CaptureCore.isActive
            ? "in mode \(CaptureCore.mode.rawValue) not every block is known, so what holds one could be missed"
            : "the program's allocations do not go through MemScope, so its blocks are not known"
    }

    private static var howToKnowThem: String {
        CaptureCore.isActive
            ? "start the program with MEMSCOPE_MODE=full or balanced; or POST /api/mode {\"mode\":\"full\"}, after "
                + "which blocks that were allocated before count as held"
            : "link or preload MemScope, in front of other allocators and not in a build with a sanitizer"
    }
}
