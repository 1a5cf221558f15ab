public import Tracking

extension MemScope.HeapAnalysis {
    /// Unreachable blocks of one kind, type and call stack; or a call stack that keeps growing.
    public struct Leak: Sendable, Hashable, Codable {
        /// The kind of a leak; new kinds may be added, so always handle the default case.
        public enum Kind: String, Sendable, CaseIterable, Codable {
            /// Unreachable, and not held by another unreachable block.
            case direct
            /// Held by another unreachable block: it is freed when that block is freed.
            case indirect
            /// A member of a retain cycle that nothing outside reaches.
            case cycle
            /// Reachable, but its live bytes grow steadily: not unreachable, and perhaps intended.
            case growth
            /// Held only by one word on a stack, in a register or in a task's frames, and that word may be old: a
            /// suspect, not a leak.
            ///
            /// Only in `HeapAnalysis/suspects`.
            case stack
        }

        /// How steadily the blocks of a call stack grow.
        public struct Growth: Sendable, Hashable {
            /// The growth of the live bytes, in bytes per second.
            public var bytesPerSecond: Double
            /// 0...1: how certain it is that this is growth and not a variation.
            public var confidence: Double

            package init(bytesPerSecond: Double, confidence: Double) {
                self.bytesPerSecond = bytesPerSecond
                self.confidence = confidence
            }
        }

        /// The kind of the leak.
        public var kind: Kind
        /// Why it is a leak, as a sentence for people.
        public var reason: String
        /// The number of blocks.
        public var count: Int
        /// The bytes of these blocks.
        public var bytes: UInt64
        /// The retained size: the bytes of these blocks and of all blocks that only they hold; nil for growth.
        public var retainedBytes: UInt64?
        /// The name of the type, such as "Demo.Account"; for blocks of C code, the image that allocated them.
        public var type: String
        /// The kind of that type.
        public var typeKind: MemScope.TypeKind
        /// The id of the call stack that allocated the blocks, as in `/api/sites`; 0 when no stack was taken.
        public var site: UInt32
        /// The call stack that allocated the blocks, innermost call first.
        public var stack: [MemScope.Frame]
        /// The addresses of up to 16 of the blocks.
        public var addresses: [Address]
        /// The growth figures; nil for other kinds than `Kind/growth`.
        public var growth: Growth? {
            get {
                guard let slopeBytesPerSecond, let confidence else { return nil }
                return Growth(bytesPerSecond: slopeBytesPerSecond, confidence: confidence)
            }
            set { (slopeBytesPerSecond, confidence) = (newValue?.bytesPerSecond, newValue?.confidence) }
        }
        private var slopeBytesPerSecond: Double?
        private var confidence: Double?

        package init(
            kind: Kind,
            reason: String,
            count: Int,
            bytes: UInt64,
            retainedBytes: UInt64?,
            type: String,
            typeKind: MemScope.TypeKind,
            site: UInt32,
            stack: [MemScope.Frame],
            addresses: [Address],
            growth: Growth? = nil
        ) {
            self.kind = kind
            self.reason = reason
            self.count = count
            self.bytes = bytes
            self.retainedBytes = retainedBytes
            self.type = type
            self.typeKind = typeKind
            self.site = site
            self.stack = stack
            self.addresses = addresses
            self.growth = growth
        }
    }
}
