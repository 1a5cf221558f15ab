/// What is known of a tracked variable.
package struct VariableRecord: Sendable, Hashable {
    package var id: UInt32
    package var name: String
    /// Of a property without a name, the object that tells of its changes; 0 for a variable with a name.
    ///
    /// The word that refers to this object says how the program calls the property.
    package var nameless: UInt64 {
        get { ~turnedNameless }
        set { turnedNameless = ~newValue }
    }
    private var turnedNameless: UInt64 = ~0
    package var place: SourcePlace
    /// The type in the program's text, and that of the value that it held when it was tracked; empty until a census
    /// has named them.
    package var type = ""
    package var dynamicType = ""
    /// The addresses of their metadata.
    package var metadata: UInt64
    package var dynamicMetadata: UInt64
    /// The words of its value that are references; nil while they were not read, or when the type cannot be read.
    package var fields: [BlockLayout.Field]?
    /// Where it was tracked: 0 when not known, or outside of tasks and scopes.
    package var thread: UInt32
    package var task: UInt64
    package var scope: UInt32
    package var born: UInt64
    /// When the blocks that it referred to had ended, or the variable itself.
    package var died: UInt64?
    /// The words of its value that refer to blocks, or did.
    package var references: [VariableReference]
    /// Whether the value was too large to look at all its words, or too many blocks were watched.
    package var isTruncated: Bool
    /// The latest changes of these references, oldest first; `changeCount` counts those that are gone, too.
    package var changes: [VariableChange] = []
    package var changeCount: UInt64 = 0
    /// Copies of its contents that were made because another variable shared them.
    package var copies: UInt64 = 0
    package var copiedBytes: UInt64 = 0
    /// The bytes of the blocks that it owned, whenever they had changed, oldest first.
    package var history: [VariablePoint] = []

    package init(
        id: UInt32,
        name: String,
        place: SourcePlace,
        metadata: UInt64,
        dynamicMetadata: UInt64,
        born: UInt64
    ) {
        (self.id, self.name, self.place) = (id, name, place)
        (self.metadata, self.dynamicMetadata, self.born) = (metadata, dynamicMetadata, born)
        (thread, task, scope) = (0, 0, 0)
        references = []
        isTruncated = false
    }

    /// Whether its value referred to no block, so that nobody can tell when it ends.
    package var isPlain = false

    /// The live blocks that it owns, each once.
    package var owned: [VariableReference] {
        guard died == nil else { return [] }
        var seen: Set<UInt64> = []
        return references.filter { $0.end == nil && isOwning($0) && seen.insert($0.address).inserted }
    }

    /// How many words of the value keep a block.
    package func references(to address: UInt64) -> Int {
        references.count { $0.end == nil && $0.address == address && isOwning($0) }
    }

    package var ownedBytes: UInt64 { owned.reduce(0) { $0 + $1.size } }

    private func isOwning(_ reference: VariableReference) -> Bool {
        guard let fields else { return true }
        let kind = BlockLayout.field(at: reference.offset, in: fields)?.kind
        return kind == .strong || kind == .conservative
    }
}

/// A place in the program's text.
package struct SourcePlace: Sendable, Hashable {
    package var file: String
    package var function: String
    package var line: Int

    package init(file: String, function: String, line: Int) {
        (self.file, self.function, self.line) = (file, function, line)
    }
}

/// A word of a variable's value that refers to a block.
package struct VariableReference: Sendable, Hashable {
    /// In bytes from the start of the value.
    package var offset: UInt64
    /// Kept with all bits turned: a scan would take it for a reference.
    private var turned: UInt64
    /// Of the block; the last one known when it has ended.
    package var size: UInt64
    package var birth: UInt64
    /// The call stack that allocated the block.
    package var site: UInt32
    /// Nil while the block lives.
    package var end: BlockEnd?

    package var address: UInt64 {
        get { ~turned }
        set { turned = ~newValue }
    }

    package init(
        offset: UInt64,
        address: UInt64,
        size: UInt64,
        birth: UInt64 = 0,
        site: UInt32,
        end: BlockEnd? = nil
    ) {
        turned = ~address
        (self.offset, self.size, self.birth, self.site, self.end) = (offset, size, birth, site, end)
    }
}

/// The end of a block.
package struct BlockEnd: Sendable, Hashable {
    package var time: UInt64
    /// The call stack and the thread that ended it; 0: not known.
    package var site: UInt32
    package var thread: UInt32

    package init(time: UInt64, site: UInt32, thread: UInt32) {
        (self.time, self.site, self.thread) = (time, site, thread)
    }
}

/// A moment at which a variable began to refer to other blocks.
package struct VariableChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// It got another value.
        case assigned
        /// Its contents moved to another block, and nothing else referred to the old one.
        case reallocated
        /// Its contents were copied to a block of its own, because something else referred to the old one.
        case copied
    }

    package var time: UInt64
    package var kind: Kind
    /// Of all blocks that it owns since then; nil when it changed again before anybody looked.
    package var bytes: UInt64?
    /// The call stack that allocated the new block; 0: not known, or no block.
    package var site: UInt32

    package init(time: UInt64, kind: Kind, bytes: UInt64?, site: UInt32) {
        (self.time, self.kind, self.bytes, self.site) = (time, kind, bytes, site)
    }
}

package struct VariablePoint: Sendable, Hashable {
    package var time: UInt64
    package var bytes: UInt64

    package init(time: UInt64, bytes: UInt64) {
        (self.time, self.bytes) = (time, bytes)
    }
}

/// All tracked variables.
package struct VariableCensus: Sendable {
    /// Ascending by id; those that have ended, too, as long as they are kept.
    package var variables: [VariableRecord] = []
    /// How many found no room.
    package var dropped: UInt64 = 0
    /// How many words found no place for the blocks that they refer to.
    package var droppedBlocks: UInt64 = 0
    /// How many have ended and are not kept any more.
    package var forgotten: UInt64 = 0

    package init() {}
}
