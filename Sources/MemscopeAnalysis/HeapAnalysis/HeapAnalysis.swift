public import Tracking

extension MemScope {
    /// The findings of one scan of the whole heap: unreachable blocks and retain cycles.
    ///
    /// Sizes are in bytes. The analysis can be kept for any time: it does not hold the blocks that it describes. Its
    /// coded form has the API's names: a row of `/api/leaks` decodes as a ``Leak``.
    public struct HeapAnalysis: Sendable, Codable {
        /// How the scan was made.
        public var scan: Scan
        /// The most important figures.
        public var summary: Summary
        /// Unreachable blocks by call stack and type, by descending bytes, then call stacks that grow.
        public var leaks: [Leak]
        /// Blocks that are only held by one word on a stack, in a register or in a task's frames, by descending bytes.
        ///
        /// This word is a variable of a running or waiting function, or a value that an earlier call left: so such a
        /// block may be unreachable.
        public var suspects: [Leak]
        /// Retain cycles: the unreachable ones first, each part by descending bytes.
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
    /// How the heap was scanned.
    public struct Scan: Sendable, Hashable, Codable {
        /// How the program was held still for the scan; for people and logs.
        ///
        /// One of "fork", "fork+registers", "fork+signal", "stopped".
        public var method: String
        /// When the scan was taken, on the monotonic clock: time since the system was started, without sleep.
        public var takenAt: Duration { .nanoseconds(takenAtNanoseconds) }
        /// The longest time for which a thread of the program was held.
        public var pause: Duration { .nanoseconds(pauseNanoseconds) }
        /// The time from the start of the scan to the findings.
        public var duration: Duration { .nanoseconds(durationNanoseconds) }
        package var takenAtNanoseconds: UInt64
        package var pauseNanoseconds: UInt64
        package var durationNanoseconds: UInt64
        /// The number of the program's live blocks.
        public var blocks: Int
        /// The bytes of these blocks.
        public var bytes: UInt64
        /// The number of the program's threads.
        public var threads: Int
        /// The number of threads whose registers were read; 0 when one pass was enough.
        public var threadsRead: Int
        /// The number of threads whose registers were not read, because their system call would have been interrupted.
        public var threadsLeft: Int
        /// Whether some blocks were allocated while tracking was off: what they refer to counts as held, so leaks may
        /// be missing.
        public var hasUnknownHeap: Bool
        /// The number of words that are references by the layout of their block, but whose target has a type that they
        /// do not allow.
        public var refusedReferences: Int
        /// The number of scans: 1, or 2 when a second scan had to confirm the suspects of the first.
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

    /// The most important figures of an analysis.
    public struct Summary: Sendable, Hashable, Codable {
        /// The number of unreachable blocks, without the suppressed ones.
        public var unreachableBlocks: Int
        /// The bytes of these blocks.
        public var unreachableBytes: UInt64
        /// The number of unreachable retain cycles; equal cycles are counted one by one.
        public var cycles: Int
        /// The number of blocks that only one of two scans found unreachable, or that io_uring may hold: they are not
        /// reported as leaks.
        public var suspects: Int
        /// The number of those suspects that io_uring may hold: a scan cannot read the user data that io_uring keeps.
        public var kernelSuspects: Int
        /// The number of blocks that are only held by words on stacks, in registers, in tasks' frames and in MemScope's
        /// own memory.
        ///
        /// Blocks that only these blocks hold are included. Variables of running or waiting functions hold blocks in
        /// this way; so does an old word of an earlier call, which may point to a block that is in fact unreachable.
        public var stackHeldBlocks: Int
        /// The bytes of these blocks.
        public var stackHeldBytes: UInt64
        /// The number of those blocks that depend on single words: the blocks of `HeapAnalysis/suspects` and what they
        /// hold.
        public var stackSuspects: Int
        /// The bytes of these blocks.
        public var stackSuspectBytes: UInt64
        /// The number of blocks that only the kernel holds, as user data of epoll or of a timer, and of blocks that
        /// only they hold.
        public var kernelHeldBlocks: Int
        /// The bytes of these blocks.
        public var kernelHeldBytes: UInt64
        /// The number of unreachable blocks that match `MEMSCOPE_SUPPRESSIONS`; no other figure includes them.
        public var suppressedBlocks: Int
        /// The bytes of these blocks.
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
    /// It is stored as its complement, so that a scan does not take it for a pointer; otherwise the description of a
    /// leak would hold the leaked block.
    public struct Address: Sendable, Hashable, Codable, CustomStringConvertible {
        private let complement: UInt64

        /// The address as a number.
        public var value: UInt64 { ~complement }
        /// The address in hexadecimal, such as "0x7f00c0".
        public var description: String { "0x" + String(value, radix: 16) }

        package init(_ value: UInt64) {
            complement = ~value
        }

        /// Reads an address as hexadecimal text, such as "0x7f00c0".
        ///
        /// - Parameter decoder: The decoder to read from.
        /// - Throws: `DecodingError` when the value is no such text.
        public init(from decoder: any Decoder) throws {
            self.init(try Hexadecimal(from: decoder).value)
        }

        /// Writes the address in the form of ``description``.
        ///
        /// - Parameter encoder: The encoder to write to.
        /// - Throws: The errors of the encoder.
        public func encode(to encoder: any Encoder) throws {
            try Hexadecimal(value).encode(to: encoder)
        }
    }
}
