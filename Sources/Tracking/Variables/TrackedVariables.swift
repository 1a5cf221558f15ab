internal import CMemscope

/// The variables that are tracked, and those that were.
///
/// They hold no value: of a value they keep the words that refer to blocks, and the core tells when these blocks end.
package enum TrackedVariables {
    /// Variables that have not ended; further ones are counted, and not tracked.
    package static let limit = 16_384
    /// Variables that have ended; the oldest ones are forgotten.
    package static let endedLimit = 4_096
    /// Of a larger value, only its first words are looked at.
    package static let wordLimit = 64
    /// In UTF-8; the rest of a name is cut off.
    private static let longestName = 256
    /// Under one lock: about 10 microseconds.
    private static let looksAtOnce = 64

    private static let variables = ProcessMutex(VariableTable())

    /// Adds a variable.
    ///
    /// - Returns: Its id; 0 when there are too many.
    static func add(
        _ name: String?,
        _ value: ValueSample,
        at place: SourcePlace,
        of property: AnyObject? = nil
    ) -> UInt32 {
        CaptureCore.asOwnThread {
            var record = VariableRecord(
                id: 0,
                name: (name ?? "a property of \(place.function)").cut(to: longestName),
                place: place,
                metadata: value.metadata,
                dynamicMetadata: value.dynamicMetadata,
                born: CaptureCore.now
            )
            unsafe mscope_read_here(&record.thread, &record.task)
            record.scope = ScopeCall.current?.scope ?? 0
            record.isTruncated = value.isTruncated
            if let property, name == nil { record.nameless = address(of: property) }
            return variables.withLock { table in table.add(record, value, follows: property != nil) }
        }
    }

    /// Notes that a variable's value consists of other words than before.
    ///
    /// - Returns: False when the variable is not known, as in a forked child.
    static func change(_ id: UInt32, to words: HiddenWords, _ kind: ValueChange) -> Bool {
        CaptureCore.asOwnThread { variables.withLock { $0.change(id, to: words, kind) } }
    }

    private static func address(of object: AnyObject) -> UInt64 {
        unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    }

    /// Gives a property the name that a scan has found.
    package static func name(_ id: UInt32, _ name: String) {
        variables.withLock { $0.name(id, name.cut(to: longestName)) }
    }

    /// Notes that a variable is gone.
    static func end(_ id: UInt32) {
        CaptureCore.asOwnThread { variables.withLock { $0.end(id, at: CaptureCore.now) } }
    }

    /// Whether a variable was ever tracked.
    package static var areInUse: Bool { variables.withLock { $0.isInUse } }

    /// Looks at what has happened to the variables' blocks; the work of each second, and of each request.
    package static func look(_ names: MetadataStore) {
        let now = CaptureCore.now
        // Not under one lock: the program's threads wait for it.
        for value in variables.withLock({ $0.unread }) {
            // What decides the meaning of a word of a large value may lie behind the words that were kept.
            let fields = names.fields(ofValue: value.words.plain, type: value.metadata, isWhole: !value.isTruncated)
            variables.withLock { table in
                table.read(value, as: fields) { names.image(containing: $0) != nil }
            }
        }
        let ids = variables.withLock { $0.ids }
        for start in stride(from: 0, to: ids.count, by: looksAtOnce) {
            let some = ids[start..<min(start + looksAtOnce, ids.count)]
            variables.withLock { table in
                for id in some { table.look(at: id, now) }
            }
        }
    }

    package static func census(_ names: MetadataStore) -> VariableCensus {
        look(names)
        var census = variables.withLock { $0.census }
        for index in census.variables.indices {
            let variable = census.variables[index]
            census.variables[index].type = names.typeName(of: variable.metadata)
            census.variables[index].dynamicType = names.typeName(of: variable.dynamicMetadata)
        }
        return census
    }
}

extension String {
    /// At most so many bytes of UTF-8, without half a character, in memory of its own.
    fileprivate func cut(to count: Int) -> String {
        if isEmpty { return "(unnamed)" }
        guard utf8.count > count else { return String(decoding: Array(utf8), as: UTF8.self) }
        return self[..<utf8.index(startIndex, offsetBy: count - 3)] + "…"
    }
}
