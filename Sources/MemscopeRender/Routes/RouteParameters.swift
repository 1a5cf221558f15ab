package import MemscopeAnalysis
package import Tracking

/// The parameters of the routes of `RouteTable`.
package enum RouteParameters {
    package static let pageLimit = 1...1000

    package static let limit = Parameter("limit", "Most rows.", in: pageLimit, default: 100)

    package static let resolution = Parameter(
        "resolution",
        "Distance of the points.",
        default: TimelineResolution.second
    )

    package static let weight = Parameter("weight", "What a node's value counts.", default: FlameWeight.bytes)

    package static let scope = Parameter<UInt32>(
        "id",
        "As /api/scopes has it.",
        .text(pattern: "^[1-9][0-9]{0,4}$"),
        in: .path,
        default: nil
    ) { (text) throws(ParameterError) in
        guard let id = UInt32(text), text.first?.isNumber == true, id > 0 else {
            throw ParameterError("\"\(text)\" is no scope", hint: "write an id that /api/scopes names, such as 1")
        }
        return id
    }

    package static let scopeGrouping = Parameter(
        "group",
        "Which scopes are one row.",
        default: MemScope.ScopeGrouping.path
    )

    package static let variable = Parameter<UInt32>(
        "id",
        "As /api/variables has it.",
        .text(pattern: "^[1-9][0-9]{0,9}$"),
        in: .path,
        default: nil
    ) { (text) throws(ParameterError) in
        guard let id = UInt32(text), text.first?.isNumber == true, id > 0 else {
            throw ParameterError("\"\(text)\" is no variable", hint: "write an id that /api/variables names, such as 1")
        }
        return id
    }

    package static let variableFilter = Parameter(
        "alive",
        "Only those that live, or that do not.",
        only: VariableFilter.self
    )

    package static let taskState = Parameter("state", "Only in this state.", only: TaskState.self)

    package static let leakKind = Parameter(
        "kind",
        "Only this kind.",
        only: MemScope.HeapAnalysis.Leak.Kind.self,
        without: "without it all but stack"
    )

    package static let relationKind = Parameter("kind", "Only this kind.", only: RelationKind.self)

    package static let errorKind = Parameter("kind", "Only this kind.", only: MemoryError.Kind.self)

    package static let typeKind = Parameter("kind", "Only of this kind.", only: TypeKind.self)

    package static let detector = Parameter("detector", "Only of this detector.", only: SafetyFinding.Detector.self)

    package static let typeName = Parameter<String>(
        "name",
        "As /api/types has it.",
        .text(),
        in: .path,
        default: nil,
        parse: { $0 }
    )

    /// The server handles it before any route is called.
    static let token = Parameter<String?>(
        "token",
        "Of the first visit: it is traded for a cookie.",
        .text(),
        default: .some(nil),
        parse: { $0 }
    )
}

// Snapshots.
extension RouteParameters {
    package static let snapshot = snapshot(
        "id",
        "Id or name; \"now\" is the heap of now, which is not kept.",
        example: "s1",
        default: HeapSnapshot.unkeptID
    )

    package static let older = snapshot("from", "Id or name of the older snapshot.", example: "s1", default: nil)

    package static let newer = snapshot(
        "to",
        "Id or name of the newer snapshot; \"now\" is the heap of now.",
        example: "s2",
        default: HeapSnapshot.unkeptID
    )

    private static func snapshot(
        _ name: String,
        _ about: String,
        example: String,
        default defaultID: String?
    ) -> Parameter<String> {
        Parameter(name, about, .text(default: defaultID), example: example, default: defaultID) {
            (text) throws(ParameterError) in
            guard !text.isEmpty else {
                throw ParameterError("parameter \"\(name)\" is empty", hint: "write for example ?\(name)=\(example)")
            }
            return text
        }
    }
}

// Members of bodies.
extension RouteParameters {
    /// The length of the names of snapshots and marks, in characters.
    private static let nameLength = 1...200

    package static let mark = Parameter<String>(
        "name",
        "What happened.",
        .text(maximum: nameLength.upperBound),
        in: .body,
        example: "deploy",
        default: nil,
        parse: checkedName
    )

    package static let snapshotName = Parameter<String?>(
        "name",
        "What to call it, other than an id (s1) or now; its id without.",
        .text(pattern: "^(?!(now|s[0-9]+)$)[^\\u0000]+$", maximum: nameLength.upperBound),
        in: .body,
        default: .some(nil)
    ) { (text) throws(ParameterError) in
        let name = try checkedName(text)
        guard !SnapshotStore.isID(name) else {
            throw ParameterError(
                "\"\(name)\" looks like the id of a snapshot",
                hint: "give it a name other than now, s1, s2 …"
            )
        }
        return name
    }

    package static let mode = Parameter<MemScope.Mode>(
        "mode",
        "The mode from now on.",
        .choice(MemScope.Mode.allCases.map(\.rawValue), default: nil),
        in: .body,
        example: "sampled",
        default: nil
    ) { (text) throws(ParameterError) in
        guard let mode = MemScope.Mode(rawValue: text) else {
            let words = MemScope.Mode.allCases.map(\.rawValue).joined(separator: ", ")
            throw ParameterError("\"\(text)\" is no mode", hint: "one of \(words)")
        }
        return mode
    }

    @Sendable private static func checkedName(_ name: String) throws(ParameterError) -> String {
        let length = name.unicodeScalars.count
        guard nameLength.contains(length) else {
            throw ParameterError("\"name\" has \(length) characters", hint: "a name has 1 to 200 characters")
        }
        guard !name.unicodeScalars.contains("\0") else {
            throw ParameterError("\"name\" has a zero character", hint: "leave it out: no URL can ask for it")
        }
        return name
    }
}

// Positions in lists.
extension RouteParameters {
    package static let address = Parameter<UInt64>(
        "addr",
        "An address within the block, 0x….",
        .text(pattern: "^0x[0-9a-fA-F]{1,16}$"),
        in: .path,
        default: nil
    ) { (text) throws(ParameterError) in
        guard text.hasPrefix("0x"), text.utf8.count <= 18, !text.contains("+"),
            let address = UInt64(text.dropFirst(2), radix: 16)
        else {
            throw ParameterError(
                "\"\(text)\" is no address",
                hint: "an address is hexadecimal and begins with 0x, such as those that /api/leaks names"
            )
        }
        return address
    }

    package static func sort<Column: ListColumn>(_ columns: Column.Type) -> Parameter<ListOrder<Column>> {
        Parameter(
            "sort",
            "A column, - for descending.",
            oneOf: Column.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] },
            default: (Column.defaultOrder.text, Column.defaultOrder),
            parse: ListOrder.init
        )
    }

    package static func cursor<Column: ListColumn>(_ columns: Column.Type) -> Parameter<PageCursor<Column>?> {
        cursor(PageCursor<Column>.pattern, default: PageCursor?.none) { PageCursor($0).map(Optional.some) }
    }

    /// For a list with a single order: the number of rows before the page.
    package static let position = cursor("^[0-9]{1,9}$", default: 0) { text in
        guard let position = Int(text), text.first?.isNumber == true, position <= UInt32.max else { return nil }
        return position
    }

    package static func badCursor(_ text: String) -> ParameterError {
        ParameterError(
            "\"\(text)\" is no cursor of this list",
            hint: "take cursor from \"next\" of an answer with the same sort"
        )
    }

    private static func cursor<Value>(
        _ pattern: String,
        default defaultValue: Value,
        parse: @escaping @Sendable (String) -> Value?
    ) -> Parameter<Value> {
        Parameter(
            "cursor",
            "The last answer's next, of a list in the same order.",
            .text(pattern: pattern),
            default: defaultValue
        ) { (text) throws(ParameterError) in
            guard let value = parse(text) else { throw badCursor(text) }
            return value
        }
    }
}
