public import Tracking

extension MemScope.HeapAnalysis {
    /// Unreachable blocks of one kind, type and call stack; or a call stack that keeps growing.
    public struct Leak: Sendable, Hashable, Codable {
        /// What kind of leak; new kinds may be added, so always handle the default case.
        public enum Kind: String, Sendable, CaseIterable, Codable {
            /// Unreachable, and no other unreachable block holds it.
            case direct
            /// Held by another unreachable block: it goes when that one goes.
            case indirect
            /// A member of a retain cycle that nothing else reaches.
            case cycle
            /// Reachable, but there is steadily more of it: not lost, and perhaps meant.
            case growth
            /// Held by nothing but one word on a stack, in a register or in a task's frames, which may be old: a
            /// suspect, not a leak.
            ///
            /// In `HeapAnalysis/suspects` only.
            case stack
        }

        /// How steadily a call stack grows.
        public struct Growth: Sendable, Hashable {
            /// Live bytes more in each second.
            public var bytesPerSecond: Double
            /// 0...1: how sure it is that this is growth and no wave.
            public var confidence: Double

            package init(bytesPerSecond: Double, confidence: Double) {
                self.bytesPerSecond = bytesPerSecond
                self.confidence = confidence
            }
        }

        /// What kind of leak.
        public var kind: Kind
        /// Why it is one, in a sentence for people.
        public var reason: String
        /// How many blocks.
        public var count: Int
        /// Their bytes.
        public var bytes: UInt64
        /// Bytes that would come back with them: theirs, and of all that only they hold; nil for growth.
        public var retainedBytes: UInt64?
        /// Such as "Demo.Account"; for C blocks the image that allocated them.
        public var type: String
        /// What that type is.
        public var typeKind: MemScope.TypeKind
        /// The id of the call stack, as `/api/sites` has it; 0 when none was taken.
        public var site: UInt32
        /// Where they were allocated, innermost call first.
        public var stack: [MemScope.Frame]
        /// The addresses of up to 16 of the blocks.
        public var addresses: [Address]
        /// For `Kind/growth` only.
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
