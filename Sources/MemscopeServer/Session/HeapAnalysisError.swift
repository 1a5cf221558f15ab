internal import Tracking

/// Why the heap could not be looked at, with the remedy.
public struct HeapAnalysisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of obstacle; new kinds may be added, so always handle the default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case busy, blocksUnknown, tooLarge, outOfMemory, timedOut, interrupted, forbidden }

        private let kind: Kind

        /// Another look at the heap is under way.
        public static let busy = Code(kind: .busy)
        /// Not every live block is known: the mode is `sampled` or `off`, or nothing is tracked at all.
        public static let blocksUnknown = Code(kind: .blocksUnknown)
        /// The graph does not fit the memory that it may use.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The system refused the memory.
        public static let outOfMemory = Code(kind: .outOfMemory)
        /// It took longer than it may.
        public static let timedOut = Code(kind: .timedOut)
        /// The copy of the process that is looked at was killed.
        public static let interrupted = Code(kind: .interrupted)
        /// The system lets us neither copy the process nor stop its threads.
        public static let forbidden = Code(kind: .forbidden)

        /// The name of the code, such as "timedOut".
        public var description: String { kind.rawValue }
    }

    /// What kind of obstacle.
    public let code: Code
    /// What is in the way.
    public let reason: String
    /// What would make it possible.
    public let remedy: String

    /// Both, in a line.
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
    init(_ problem: HeapScanner.Problem, _ options: MemScope.AnalysisOptions) {
        switch problem {
        case .busy:
            self.init(
                code: .busy,
                reason: "another look at the heap is under way",
                remedy: "try again in a second"
            )
        case .incomplete: self = .blocksUnknown
        case .tooLarge:
            self.init(
                code: .tooLarge,
                reason: "the graph of the heap does not fit \(options.memoryLimitBytes >> 20) MiB",
                remedy: "raise memoryLimitBytes of the analysis options to about 80 bytes per live block"
            )
        case .noMemory:
            self.init(
                code: .outOfMemory,
                reason: "the system refused memory for the graph of the heap",
                remedy: "the process' limits (ulimit -v, cgroup) have to leave room for about 150 bytes per live block"
            )
        case .timedOut:
            self.init(
                code: .timedOut,
                reason: "the scan took longer than \(options.timeoutNanoseconds / 1_000_000) ms and was ended",
                remedy: "raise timeoutNanoseconds of the analysis options, or try again when the machine is less busy"
            )
        case .died:
            self.init(
                code: .interrupted,
                reason: "the copy of the process that is looked at was killed",
                remedy: "it takes memory when the process writes to its own meanwhile: look for the out-of-memory killer"
            )
        case .forbidden:
            self.init(
                code: .forbidden,
                reason: "the system forbids to copy the process, and to stop its threads",
                remedy: "allow clone or tgkill in the seccomp profile, or raise the limit of processes (ulimit -u)"
            )
        }
    }

    private static var blocksUnknown: HeapAnalysisError {
        guard CaptureCore.isActive else {
            return HeapAnalysisError(
                code: .blocksUnknown,
                reason: "the program's allocations do not go through MemScope, so its blocks are not known",
                remedy: "link or preload MemScope in front of other allocators, and not into a sanitizer's build"
            )
        }
        return HeapAnalysisError(
            code: .blocksUnknown,
            reason: "in mode \(CaptureCore.mode.rawValue) not every block is known",
            remedy: "start the program with MEMSCOPE_MODE=full or balanced, or POST /api/mode {\"mode\":\"full\"}, "
                + "after which blocks allocated before count as held"
        )
    }
}
