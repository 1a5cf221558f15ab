public import Tracking

extension MemScope.HeapAnalysis {
    /// Objects that hold each other strongly, in a ring; identical rings are one entry.
    public struct Cycle: Sendable, Hashable, Codable {
        /// One step around the ring.
        public struct Step: Sendable, Hashable, Codable {
            /// The type of the object, such as "Demo.Account".
            public var type: String
            /// The field that holds the next object, such as "owner" or "accounts[0]"; nil when its name is not known.
            public var field: String?

            package init(type: String, field: String?) {
                self.type = type
                self.field = field
            }
        }

        /// The reference that should not be strong.
        public struct BreakEdge: Sendable, Hashable, Codable {
            /// The type that has the field.
            public var from: String
            /// The field; nil when its name is not known.
            public var field: String?
            /// The type that it holds.
            public var to: String
            /// Why this one, and what to do, in a sentence for people.
            public var reason: String
            /// Where the closure, the captured variable or the task was made that has the field.
            ///
            /// Nil where that is not known, and for stored properties.
            public var at: MemScope.Frame?
            /// What `at` is read from.
            package var place: Place?

            /// What knows where something was made.
            package enum Place: Sendable, Hashable {
                /// The call stack that allocated it.
                case site(UInt32)
                /// The word that points to the code of a closure.
                case code(Address)
            }

            package init(
                from: String,
                field: String?,
                to: String,
                reason: String,
                at: MemScope.Frame? = nil,
                place: Place? = nil
            ) {
                self.from = from
                self.field = field
                self.to = to
                self.reason = reason
                self.at = at
                self.place = place
            }

            private enum CodingKeys: String, CodingKey { case from, field, to, reason, at }
        }

        /// How many cycles look like this one.
        public var count: Int
        /// Objects in all of them; of cycles of nothing but storage its blocks.
        public var objects: Int
        /// Bytes of these objects and their storage, not of what they hold besides.
        public var bytes: UInt64
        /// The types of the objects, each once.
        public var types: [String]
        /// The shortest way around; the last step leads to the first.
        public var path: [Step]
        /// The reference that should not be strong; nil when none can be named.
        public var breakEdge: BreakEdge?
        /// Whether something outside still holds it: then it may be meant, and is no leak.
        public var isReachable: Bool
        /// Whether one of its references was found without knowing the layout of its holder.
        public var isInferred: Bool
        /// The id of the call stack that allocated the oldest object, as `/api/sites` has it; 0 when none was taken.
        public var site: UInt32
        /// That call stack, innermost call first.
        public var stack: [MemScope.Frame]
        /// Of the oldest object.
        public var address: Address

        package init(
            count: Int,
            objects: Int,
            bytes: UInt64,
            types: [String],
            path: [Step],
            breakEdge: BreakEdge?,
            isReachable: Bool,
            isInferred: Bool,
            site: UInt32,
            stack: [MemScope.Frame],
            address: Address
        ) {
            self.count = count
            self.objects = objects
            self.bytes = bytes
            self.types = types
            self.path = path
            self.breakEdge = breakEdge
            self.isReachable = isReachable
            self.isInferred = isInferred
            self.site = site
            self.stack = stack
            self.address = address
        }

        private enum CodingKeys: String, CodingKey {
            case count, objects, bytes, types, path, breakEdge, site, stack, address
            case isReachable = "reachable"
            case isInferred = "inferred"
        }
    }
}
