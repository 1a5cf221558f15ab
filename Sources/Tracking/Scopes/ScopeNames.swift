internal import CMemscope

/// The name of a scope, and where it is.
package struct ScopeName: Sendable, Hashable {
    /// The number of the scope around it; 0: none.
    package var parent: UInt32
    package var name: String
    /// Sorted by key.
    package var attributes: [Attribute]

    package struct Attribute: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            (self.key, self.value) = (key, value)
        }
    }

    package init(parent: UInt32, name: String, attributes: [Attribute]) {
        (self.parent, self.name, self.attributes) = (parent, name, attributes)
    }
}

/// The scopes that have names, by their place in each other.
///
/// There are at most ``limit`` of them. A name that finds no room is counted under "(other)", and so are attributes
/// with more than ``attributeSetLimit`` different sets of values at one place.
package enum ScopeNames {
    package static let limit = 16_384
    package static let attributeSetLimit = 256
    /// In UTF-8; the rest is cut off.
    private static let longestText = 256
    private static let mostAttributes = 8
    static let other = "(other)"

    fileprivate struct Key: Hashable {
        var parent: UInt32
        var name: String
        var attributes: [String: String]
    }

    fileprivate struct Names: Sendable {
        var isKnown = false
        var numbers: [Key: UInt32] = [:]
        var names: [UInt32: ScopeName] = [:]
        /// By a key without attributes: how many sets there are, and the keys of the first one.
        var attributeSets: [Key: (count: Int, keys: Set<String>)] = [:]
    }

    /// A forked child begins without it; the core has the texts.
    private static let names = ProcessMutex(Names())

    /// The number of a scope, made at its first use; 0 when none could be made.
    static func number(of name: String, attributes: [String: String], in parent: UInt32) -> UInt32 {
        CaptureCore.asOwnThread {
            let key = Key(parent: parent, name: short(name), attributes: short(attributes))
            return names.withLock { names in
                names.readOnce()
                return names.numbers[key] ?? names.make(key)
            }
        }
    }

    /// All scopes with names, by number.
    package static func all() -> [UInt32: ScopeName] {
        names.withLock { names in
            names.readOnce()
            return names.names
        }
    }

    private static func isShort(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= longestText && !text.utf8.contains(0)
    }

    private static func short(_ text: String) -> String {
        if isShort(text) { return text }
        if text.isEmpty { return "(unnamed)" }
        let whole = text.utf8.count <= longestText
        // Cut at a whole character.
        let cut = whole ? text : text[..<text.utf8.index(text.startIndex, offsetBy: longestText - 3)] + "…"
        return cut.replacingNulls
    }

    private static func short(_ attributes: [String: String]) -> [String: String] {
        let areShort =
            attributes.count <= mostAttributes && attributes.allSatisfy { isShort($0.key) && isShort($0.value) }
        if areShort { return attributes }
        let kept = attributes.sorted { $0.key < $1.key }.prefix(mostAttributes)
        return Dictionary(kept.map { (short($0.key), short($0.value)) }) { first, _ in first }
    }
}

extension String {
    fileprivate var replacingNulls: String { String(map { $0 == "\0" ? " " : $0 }) }
}

extension ScopeNames.Names {
    /// Reads the names that this process' parent had made.
    fileprivate mutating func readOnce() {
        guard !isKnown else { return }
        isKnown = true
        let count = mscope_scope_count()
        guard count > 0 else { return }
        for number in 1...count {
            var size = 0
            guard let text = unsafe mscope_scope_text(number, &size) else { continue }
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: size)
            let parts = unsafe bytes.split(separator: 0).map { unsafe String(decoding: $0, as: UTF8.self) }
            guard let parent = parts.first.flatMap({ UInt32($0) }), parts.count > 1 else { continue }
            let pairs = stride(from: 2, to: parts.count - 1, by: 2).map { (parts[$0], parts[$0 + 1]) }
            let attributes = Dictionary(pairs) { first, _ in first }
            keep(number, as: ScopeNames.Key(parent: parent, name: parts[1], attributes: attributes))
        }
    }

    fileprivate mutating func make(_ wanted: ScopeNames.Key) -> UInt32 {
        let key = bounded(wanted)
        if let known = numbers[key] { return known }
        guard names.count < 2 * ScopeNames.limit else { return 0 }
        let number = mscope_make_scope(key.parent, false)
        guard number != 0 else { return 0 }
        let sorted = key.attributes.sorted { $0.key < $1.key }
        let text = (["\(key.parent)", key.name] + sorted.flatMap { [$0.key, $0.value] }).joined(separator: "\0")
        guard unsafe mscope_name_scope(number, text, text.utf8.count) else { return 0 }
        keep(number, as: key)
        return number
    }

    /// The key, or what stands for it when there are too many.
    private func bounded(_ wanted: ScopeNames.Key) -> ScopeNames.Key {
        let other = ScopeNames.other
        // Each place may still get one "(other)" when the limit is reached.
        if names.count >= ScopeNames.limit {
            return ScopeNames.Key(parent: wanted.parent, name: other, attributes: [:])
        }
        var key = wanted
        if !key.attributes.isEmpty, let sets = attributeSets[place(of: key)], sets.count >= ScopeNames.attributeSetLimit
        {
            let hasKnownKeys = sets.keys == Set(key.attributes.keys)
            key.attributes = hasKnownKeys ? key.attributes.mapValues { _ in other } : [other: other]
        }
        return key
    }

    private func place(of key: ScopeNames.Key) -> ScopeNames.Key {
        ScopeNames.Key(parent: key.parent, name: key.name, attributes: [:])
    }

    private mutating func keep(_ number: UInt32, as key: ScopeNames.Key) {
        let attributes = key.attributes.sorted { $0.key < $1.key }.map { ScopeName.Attribute(key: $0, value: $1) }
        names[number] = ScopeName(parent: key.parent, name: key.name, attributes: attributes)
        numbers[key] = number
        if !attributes.isEmpty {
            attributeSets[place(of: key), default: (0, Set(key.attributes.keys))].count += 1
        }
    }
}
