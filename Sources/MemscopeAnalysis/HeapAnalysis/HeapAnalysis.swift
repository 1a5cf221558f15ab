public import Tracking

extension MemScope {
    /// What one look at the whole heap found: blocks that nothing can reach any more, and retain cycles.
    ///
    /// Sizes are bytes. It can be kept for as long as you like: it does not count as holding what it describes. Its
    /// coded form has the names of the API: a row of `/api/leaks` decodes as a ``Leak``.
    public struct HeapAnalysis: Sendable, Codable {
        /// How the look was taken.
        public var scan: Scan
        /// The figures in short.
        public var summary: Summary
        /// Unreachable blocks by call stack and type, most bytes first, then what grows.
        public var leaks: [Leak]
        /// Blocks that nothing holds but one word on a stack, in a register or in a task's frames, most bytes first.
        ///
        /// That word is a variable of a function that runs or waits, or what an earlier call left: such a block may be
        /// lost.
        public var suspects: [Leak]
        /// Retain cycles, unreachable ones first; most bytes first.
        public var cycles: [Cycle]

        package init(scan: Scan, summary: Summary, leaks: [Leak], suspects: [Leak], cycles: [Cycle]) {
            self.scan = scan
            self.summary = summary
            self.leaks = leaks
            self.suspects = suspects
            self.cycles = cycles
        }
    }
}

extension MemScope.HeapAnalysis {
    /// How the heap was looked at.
    public struct Scan: Sendable, Hashable, Codable {
        /// How it was held still; for people and logs.
        ///
        /// One of "fork", "fork+registers", "fork+signal", "stopped".
        public var method: String
        /// When, on the monotonic clock: since the system was started, without the time that it slept.
        public var takenAt: Duration { .nanoseconds(takenAtNanoseconds) }
        /// The longest time any thread of the program was held.
        public var pause: Duration { .nanoseconds(pauseNanoseconds) }
        /// The time from the beginning to the findings.
        public var duration: Duration { .nanoseconds(durationNanoseconds) }
        package var takenAtNanoseconds: UInt64
        package var pauseNanoseconds: UInt64
        package var durationNanoseconds: UInt64
        /// Live blocks of the program.
        public var blocks: Int
        /// Their bytes.
        public var bytes: UInt64
        /// Threads of the program.
        public var threads: Int
        /// Threads whose registers were read; 0 when one pass was enough.
        public var threadsRead: Int
        /// Threads whose registers were left alone, as their system call would have noticed.
        public var threadsLeft: Int
        /// Whether blocks were allocated while tracking was off: they count as held, so leaks may be missing.
        public var hasUnknownHeap: Bool
        /// Words that should be references by their block's layout, but lead where their type does not allow.
        public var refusedReferences: Int
        /// 1, or 2 where a second look had to confirm what the first suspected.
        public var passes: Int

        package init(
            method: String,
            takenAt: UInt64,
            pauseNanoseconds: UInt64,
            durationNanoseconds: UInt64,
            blocks: Int,
            bytes: UInt64,
            threads: Int,
            threadsRead: Int,
            threadsLeft: Int,
            hasUnknownHeap: Bool,
            refusedReferences: Int,
            passes: Int
        ) {
            self.method = method
            self.takenAtNanoseconds = takenAt
            self.pauseNanoseconds = pauseNanoseconds
            self.durationNanoseconds = durationNanoseconds
            self.blocks = blocks
            self.bytes = bytes
            self.threads = threads
            self.threadsRead = threadsRead
            self.threadsLeft = threadsLeft
            self.hasUnknownHeap = hasUnknownHeap
            self.refusedReferences = refusedReferences
            self.passes = passes
        }

        private enum CodingKeys: String, CodingKey {
            case method, pauseNanoseconds, durationNanoseconds, blocks, bytes, threads, threadsRead, threadsLeft
            case refusedReferences, passes
            case takenAtNanoseconds = "takenAt"
            case hasUnknownHeap = "unknownHeap"
        }
    }

    /// The figures in short.
    public struct Summary: Sendable, Hashable, Codable {
        /// Blocks that nothing reaches, without those that are suppressed.
        public var unreachableBlocks: Int
        /// Their bytes.
        public var unreachableBytes: UInt64
        /// Retain cycles among them; identical ones count each.
        public var cycles: Int
        /// Blocks that only one of two looks found unreachable, or that io_uring may hold: nothing is said about them.
        public var suspects: Int
        /// Those of the suspects that io_uring may hold: nobody can read which user data it keeps.
        public var kernelSuspects: Int
        /// Blocks that nothing holds but words on stacks, in registers, in tasks' frames and in MemScope's own memory.
        ///
        /// What only they hold counts with them. Locals of functions that run or wait are held that way; so is what is
        /// lost, while an old call's word still points there.
        public var stackHeldBlocks: Int
        /// Their bytes.
        public var stackHeldBytes: UInt64
        /// Those of them that hang on single words: what is behind each of `HeapAnalysis/suspects`.
        public var stackSuspects: Int
        /// Their bytes.
        public var stackSuspectBytes: UInt64
        /// Blocks that only the kernel holds, as user data of epoll or of a timer, with what only they hold.
        public var kernelHeldBlocks: Int
        /// Their bytes.
        public var kernelHeldBytes: UInt64
        /// Unreachable blocks that `MEMSCOPE_SUPPRESSIONS` names: in none of the other figures.
        public var suppressedBlocks: Int
        /// Their bytes.
        public var suppressedBytes: UInt64

        package init(
            unreachableBlocks: Int = 0,
            unreachableBytes: UInt64 = 0,
            cycles: Int = 0,
            suspects: Int = 0,
            kernelSuspects: Int = 0,
            stackHeldBlocks: Int = 0,
            stackHeldBytes: UInt64 = 0,
            stackSuspects: Int = 0,
            stackSuspectBytes: UInt64 = 0,
            kernelHeldBlocks: Int = 0,
            kernelHeldBytes: UInt64 = 0,
            suppressedBlocks: Int = 0,
            suppressedBytes: UInt64 = 0
        ) {
            self.unreachableBlocks = unreachableBlocks
            self.unreachableBytes = unreachableBytes
            self.cycles = cycles
            self.suspects = suspects
            self.kernelSuspects = kernelSuspects
            self.stackHeldBlocks = stackHeldBlocks
            self.stackHeldBytes = stackHeldBytes
            self.stackSuspects = stackSuspects
            self.stackSuspectBytes = stackSuspectBytes
            self.kernelHeldBlocks = kernelHeldBlocks
            self.kernelHeldBytes = kernelHeldBytes
            self.suppressedBlocks = suppressedBlocks
            self.suppressedBytes = suppressedBytes
        }
    }

    /// The address of a block.
    ///
    /// It is stored as its complement: a scan that meets it does not take it for a pointer, which would make a leak
    /// look held by its own description.
    public struct Address: Sendable, Hashable, Codable, CustomStringConvertible {
        private let complement: UInt64

        /// The address as a number.
        public var value: UInt64 { ~complement }
        /// As hexadecimal, such as "0x7f00c0".
        public var description: String { "0x" + String(value, radix: 16) }

        package init(_ value: UInt64) {
            complement = ~value
        }

        /// Reads hexadecimal text, such as "0x7f00c0".
        ///
        /// - Parameter decoder: Where it stands.
        /// - Throws: `DecodingError` for what is no such text.
        public init(from decoder: any Decoder) throws {
            self.init(try Hexadecimal(from: decoder).value)
        }

        /// Writes ``description``.
        ///
        /// - Parameter encoder: Where to.
        /// - Throws: What the encoder throws.
        public func encode(to encoder: any Encoder) throws {
            try Hexadecimal(value).encode(to: encoder)
        }
    }
}
