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

    private struct Key: Hashable {
        var parent: UInt32
        var name: String
        var attributes: [String: String]
    }

    private struct Names: Sendable {
        var numbers: [Key: UInt32] = [:]
        var names: [UInt32: ScopeName] = [:]
        var attributeSets: [Key: Int] = [:]
    }

    private static let names = ProcessMutex(Names())

    /// The number of a scope, made at its first use; 0 when none could be made.
    static func number(of name: String, attributes: [String: String], in parent: UInt32) -> UInt32 {
        CaptureCore.asOwnThread {
            let key = Key(parent: parent, name: short(name), attributes: short(attributes))
            return names.withLock { names in names.numbers[key] ?? make(key, &names) }
        }
    }

    /// All scopes with names, by number.
    package static func all() -> [UInt32: ScopeName] { names.withLock { $0.names } }

    private static func make(_ wanted: Key, _ names: inout Names) -> UInt32 {
        var key = wanted
        let place = Key(parent: key.parent, name: key.name, attributes: [:])
        if !key.attributes.isEmpty, names.attributeSets[place, default: 0] >= attributeSetLimit {
            key.attributes = key.attributes.mapValues { _ in other }
        }
        // Each place may still get one "(other)" when the limit is reached.
        if names.names.count >= limit { key = Key(parent: key.parent, name: other, attributes: [:]) }
        if let known = names.numbers[key] { return known }
        guard names.names.count < 2 * limit else { return 0 }
        let number = mscope_make_scope(key.parent, false)
        guard number != 0 else { return 0 }
        if !key.attributes.isEmpty { names.attributeSets[place, default: 0] += 1 }
        let attributes = key.attributes.sorted { $0.key < $1.key }.map { ScopeName.Attribute(key: $0, value: $1) }
        names.names[number] = ScopeName(parent: key.parent, name: key.name, attributes: attributes)
        names.numbers[key] = number
        return number
    }

    private static func short(_ text: String) -> String {
        if text.isEmpty { return "(unnamed)" }
        guard text.utf8.count > longestText else { return text }
        return text[..<text.utf8.index(text.startIndex, offsetBy: longestText - 3)] + "…"  // at a whole character
    }

    private static func short(_ attributes: [String: String]) -> [String: String] {
        let isShort =
            attributes.count <= mostAttributes
            && attributes.allSatisfy { $0.key.utf8.count <= longestText && $0.value.utf8.count <= longestText }
        if isShort { return attributes }
        let kept = attributes.sorted { $0.key < $1.key }.prefix(mostAttributes)
        return Dictionary(kept.map { (short($0.key), short($0.value)) }) { first, _ in first }
    }
}
