public import Tracking

extension MemScope.HeapAnalysis {
    /// Objects that hold each other strongly in a ring; equal rings are one entry.
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

        /// The reference of the ring that should not be strong.
        public struct BreakEdge: Sendable, Hashable, Codable {
            /// The name of the type that contains the field.
            public var from: String
            /// The name of the field; nil when it is not known.
            public var field: String?
            /// The name of the type that the field holds.
            public var to: String
            /// Why this reference was chosen, and what to do, as a sentence for people.
            public var reason: String
            /// Where the program made the closure, the captured variable or the task that contains the field.
            ///
            /// Nil when that is not known, and for stored properties.
            public var at: MemScope.Frame?
            /// Where to look up `at`.
            package var place: Place?

            /// What to use to look up where the object was made.
            package enum Place: Sendable, Hashable {
                /// The call stack that allocated the object.
                case site(UInt32)
                /// The address of the word that points to the code of a closure.
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

        /// The number of cycles that are equal to this one.
        public var count: Int
        /// The number of objects in all these cycles; for cycles of storage only, the number of its blocks.
        public var objects: Int
        /// The bytes of these objects and their storage, without other blocks that they hold.
        public var bytes: UInt64
        /// The names of the objects' types, each once.
        public var types: [String]
        /// The steps of the shortest ring; the last step leads to the first.
        public var path: [Step]
        /// The reference that should not be strong; nil when none can be named.
        public var breakEdge: BreakEdge?
        /// Whether something outside still holds the ring: then it may be intended, and it is no leak.
        public var isReachable: Bool
        /// Whether one of its references was found in a block whose layout is not known.
        public var isInferred: Bool
        /// The id of the call stack that allocated the oldest object, as in `/api/sites`; 0 when no stack was taken.
        public var site: UInt32
        /// That call stack, innermost call first.
        public var stack: [MemScope.Frame]
        /// The address of the oldest object.
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
