/// What values a parameter accepts, in the terms of OpenAPI.
package enum ParameterKind: Sendable, Hashable {
    /// A text of at least one character, none of them zero; `pattern` is a regular expression.
    case text(pattern: String? = nil, maximum: Int? = nil, default: String? = nil)
    case integer(ClosedRange<Int>, default: Int)
    case choice([String], default: String?)
}

/// The part of a request that contains a parameter.
package enum ParameterPlace: String, Sendable {
    case path, query
    /// A member of the JSON object in the body.
    case body
}

/// Why a value is refused: what was wrong, and what is accepted.
package struct ParameterError: Error {
    package let message: String
    package let hint: String

    package init(_ message: String, hint: String) {
        self.message = message
        self.hint = hint
    }
}

/// One parameter of a route, as clients see its description.
package protocol ParameterDescription: Sendable {
    var name: String { get }
    var about: String { get }
    var kind: ParameterKind { get }
    var place: ParameterPlace { get }
    var isRequired: Bool { get }

    /// Throws for a text that is not valid; nil stands for a request without the parameter.
    func check(_ text: String?) throws(ParameterError)
}

/// One parameter of a route: its description for clients, and the conversion of its text to a value.
///
/// It is a class for the same reason as `RouteDescription`.
package final class Parameter<Value: Sendable>: ParameterDescription {
    package let name: String
    package let about: String
    package let kind: ParameterKind
    package let place: ParameterPlace
    /// A valid text, used in the hint when the parameter is missing.
    private let example: String
    /// Nil when the parameter is required.
    private let defaultValue: Value?
    private let parse: @Sendable (String) throws(ParameterError) -> Value

    init(
        _ name: String,
        _ about: String,
        _ kind: ParameterKind,
        in place: ParameterPlace = .query,
        example: String = "",
        default defaultValue: Value?,
        parse: @escaping @Sendable (String) throws(ParameterError) -> Value
    ) {
        self.name = name
        self.about = about
        self.kind = kind
        self.place = place
        self.example = example
        self.defaultValue = defaultValue
        self.parse = parse
    }

    package var isRequired: Bool { defaultValue == nil }

    /// The value for a text; the default for nil.
    ///
    /// - Throws: When the text is not valid, or when it is nil and the parameter is required.
    package func value(of text: String?) throws(ParameterError) -> Value {
        if let text { return try parse(text) }
        guard let defaultValue else { throw missing }
        return defaultValue
    }

    package func check(_ text: String?) throws(ParameterError) {
        _ = try value(of: text)
    }

    private var missing: ParameterError {
        guard place == .body else {
            return ParameterError("parameter \"\(name)\" is missing", hint: "add it, for example ?\(name)=\(example)")
        }
        var hint = "send {\"\(name)\":\"\(example)\"}"
        if case .choice(let words, _) = kind { hint += "; one of \(words.joined(separator: ", "))" }
        return ParameterError("\"\(name)\" is missing", hint: hint)
    }
}

extension Parameter<Int> {
    /// A decimal number in a range.
    package convenience init(_ name: String, _ about: String, in range: ClosedRange<Int>, default defaultValue: Int) {
        self.init(name, about, .integer(range, default: defaultValue), default: defaultValue) {
            (text) throws(ParameterError) in
            // Int would accept a sign.
            guard let value = Int(text), text.first?.isNumber == true, range.contains(value) else {
                throw ParameterError(
                    "\"\(text)\" is no value for \"\(name)\"",
                    hint: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), default \(defaultValue)"
                )
            }
            return value
        }
    }
}

extension Parameter {
    /// One of a few words; `without` describes what a request without the parameter gets.
    convenience init(
        _ name: String,
        _ about: String,
        oneOf words: [String],
        default defaultValue: (word: String?, value: Value),
        without: String? = nil,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        let otherwise = without ?? defaultValue.word.map { "default \($0)" } ?? "all of them without it"
        self.init(name, about, .choice(words, default: defaultValue.word), default: defaultValue.value) {
            (text) throws(ParameterError) in
            guard let value = parse(text) else {
                throw ParameterError(
                    "\"\(text)\" is no value for \"\(name)\"",
                    hint: "\(name) is one of \(words.joined(separator: ", ")); \(otherwise)"
                )
            }
            return value
        }
    }

    /// One of the cases of an enumeration, by raw value.
    package convenience init(_ name: String, _ about: String, default defaultValue: Value)
    where Value: RawRepresentable<String> & CaseIterable {
        self.init(
            name,
            about,
            oneOf: Value.allCases.map(\.rawValue),
            default: (defaultValue.rawValue, defaultValue),
            parse: Value.init
        )
    }

    /// The same, but a request without the parameter gets nil instead of a case.
    convenience init<Word>(_ name: String, _ about: String, only cases: Word.Type, without: String? = nil)
    where Value == Word?, Word: RawRepresentable<String> & CaseIterable {
        let words = Word.allCases.map(\.rawValue)
        self.init(name, about, oneOf: words, default: (nil, nil), without: without) { Word(rawValue: $0).map { $0 } }
    }
}
