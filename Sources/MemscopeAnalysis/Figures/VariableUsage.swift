public import Tracking

extension MemScope {
    /// A tracked variable, as in a row of `/api/variables`.
    ///
    /// Its blocks are those of the heap that its value refers to itself. What these refer to in turn is part of
    /// ``retainedBytes``.
    public struct VariableUsage: Sendable, Hashable, Codable {
        /// The number of the variable, which stays the same while the process runs.
        public var id: UInt32
        /// The name of the variable; several may have the same one.
        public var name: String
        /// Its type in the text of the program.
        public var type: String
        /// The type of the value that it held when it was tracked.
        public var dynamicType: String
        /// Where the program declares it.
        public var place: Place
        /// The number of the thread that tracked it; nil when it is not known.
        public var thread: UInt32?
        /// The task that tracked it; nil outside of tasks.
        public var task: UInt64?
        /// The scope that tracked it, see ``ScopeUsage/id``; nil outside of scopes.
        public var scope: UInt32?
        /// When it was tracked, in nanoseconds on the monotonic clock.
        public var born: UInt64
        /// When its blocks were freed, or the property went; nil while it lives, and for a value without blocks.
        public var died: UInt64?
        /// Whether it lives; nil for a value that refers to no block of the heap: nobody can tell then.
        public var isAlive: Bool?
        /// The live blocks that it owns.
        public var blocks: Int
        /// The bytes of these blocks.
        public var bytes: UInt64
        /// Of these, the bytes of objects that something else refers to, too; nil when this cannot be read.
        public var sharedBytes: UInt64?
        /// What would be freed with these blocks, in bytes, at the last scan; nil when there was none, or when a block
        /// is newer.
        public var retainedBytes: UInt64?
        /// How often it began to refer to other blocks.
        public var changes: UInt64
        /// Of these, how often its contents were copied because something else referred to them.
        public var copies: UInt64
        /// The bytes of the blocks that these copies needed.
        public var copiedBytes: UInt64
        /// Whether its type was read, so that a word that only looks like a reference does not count as one.
        public var isTypeKnown: Bool
        /// The bytes of its blocks, at each moment at which they had changed; every second is left out when there are
        /// many.
        public var history: [Point]

        /// A place in the text of the program.
        public struct Place: Sendable, Hashable, Codable {
            /// The file, with the module.
            public var file: String
            /// The function, or the type.
            public var function: String
            /// The line.
            public var line: Int
        }

        /// The bytes of a variable's blocks at one moment.
        public struct Point: Sendable, Hashable, Codable {
            /// In nanoseconds on the monotonic clock.
            public var time: UInt64
            /// The bytes.
            public var bytes: UInt64
        }

        private enum CodingKeys: String, CodingKey {
            case id, name, type, dynamicType, place, thread, task, scope, born, died
            case blocks, bytes, sharedBytes, retainedBytes, changes, copies, copiedBytes, history
            case isAlive = "alive"
            case isTypeKnown = "typeKnown"
        }
    }

    /// The columns by which variables can be sorted.
    public enum VariableColumn: String, Sendable, Hashable, CaseIterable {
        /// The number of the variable: the order in which they were tracked.
        case id
        /// The name, from A to Z.
        case name
        /// Live blocks.
        case blocks
        /// Bytes of live blocks.
        case bytes
        /// Bytes of objects that something else refers to, too.
        case sharedBytes
        /// Retained bytes at the last scan.
        case retainedBytes
        /// How often it began to refer to other blocks.
        case changes
        /// How often its contents were copied.
        case copies
        /// The bytes of these copies.
        case copiedBytes
    }
}

extension MemScope.VariableUsage {
    /// - Parameters:
    ///   - record: What was tracked.
    ///   - owned: Its blocks that it owns.
    package init(_ record: VariableRecord, owned: OwnedBlocks) {
        (id, name, type, dynamicType) = (record.id, record.name, record.type, record.dynamicType)
        place = Place(file: record.place.file, function: record.place.function, line: record.place.line)
        thread = record.thread == 0 ? nil : record.thread
        task = record.task == 0 ? nil : record.task
        scope = record.scope == 0 ? nil : record.scope
        (born, died) = (record.born, record.died)
        isAlive = record.isPlain ? nil : record.died == nil
        (blocks, bytes) = (owned.live.count, owned.bytes)
        (sharedBytes, retainedBytes) = (owned.sharedBytes, owned.retainedBytes)
        (changes, copies, copiedBytes) = (record.changeCount, record.copies, record.copiedBytes)
        isTypeKnown = owned.isTypeKnown
        history = record.history.map { Point(time: $0.time, bytes: $0.bytes) }
    }
}

/// The blocks that a variable owns.
package struct OwnedBlocks: Sendable, Hashable {
    /// The live ones, each once.
    package var live: [VariableReference]
    package var sharedBytes: UInt64?
    package var retainedBytes: UInt64?
    /// Whether the type says which words are references; otherwise all words count that look like one.
    package var isTypeKnown = false

    package init(live: [VariableReference]) { self.live = live }

    package var bytes: UInt64 { live.reduce(0) { $0 + $1.size } }
}

package typealias VariableColumn = MemScope.VariableColumn
/// Which variables a list has.
package enum VariableFilter: String, Sendable, Hashable, CaseIterable {
    case alive = "true"
    case dead = "false"
}
