// Reading query parameters. Every refusal names the parameter, its value and what is accepted.
extension HTTPRequest {
    /// Refuses parameters that the route does not know, and repeated ones.
    ///
    /// - Parameter known: Names of the accepted parameters; may be empty.
    /// - Throws: 400 `bad-parameter`.
    package func allowParameters(_ known: String...) throws(HTTPError) {
        try allowParameters(known)
    }

    package func allowParameters(_ known: [String]) throws(HTTPError) {
        var seen: Set<String> = []
        for parameter in query {
            guard known.contains(parameter.name) else {
                throw .badParameter(
                    "unknown parameter \"\(parameter.name)\"",
                    hint: known.isEmpty
                        ? "\(path) takes no parameters" : "accepted parameters: \(known.joined(separator: ", "))"
                )
            }
            guard seen.insert(parameter.name).inserted else {
                throw .badParameter("parameter \"\(parameter.name)\" is given twice", hint: "give it once")
            }
        }
    }

    /// The value of a parameter, nil when it is absent.
    package func string(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// The same for a name: an empty one is refused.
    package func name(_ name: String, example: String) throws(HTTPError) -> String? {
        guard let value = string(name) else { return nil }
        guard !value.isEmpty else {
            throw .badParameter("parameter \"\(name)\" is empty", hint: "write for example ?\(name)=\(example)")
        }
        return value
    }

    /// The same for one that the route cannot do without.
    package func requiredName(_ name: String, example: String) throws(HTTPError) -> String {
        guard let value = try self.name(name, example: example) else {
            throw .badParameter("parameter \"\(name)\" is missing", hint: "add it, for example ?\(name)=\(example)")
        }
        return value
    }

    /// A decimal number within `range`.
    package func int(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(HTTPError) -> Int {
        guard let text = string(name) else { return fallback }
        // Int would take a sign.
        guard let value = Int(text), text.first?.isNumber == true, range.contains(value) else {
            throw .badParameter(
                "\"\(text)\" is no value for \"\(name)\"",
                hint: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), default \(fallback)"
            )
        }
        return value
    }

    /// One of a few words; `without` says what the default means, if it is no word.
    package func choice(
        _ name: String,
        of words: [String],
        default fallback: String,
        without: String = "all of them without it"
    ) throws(HTTPError) -> String {
        guard let text = string(name) else { return fallback }
        guard words.contains(text) else {
            let without = fallback.isEmpty ? without : "default \(fallback)"
            throw .badParameter(
                "\"\(text)\" is no value for \"\(name)\"",
                hint: "\(name) is one of \(words.joined(separator: ", ")); \(without)"
            )
        }
        return text
    }

    /// One of the cases of an enumeration, by raw value.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        default fallback: Choice
    ) throws(HTTPError) -> Choice {
        let words = Choice.allCases.map(\.rawValue)
        let word = try choice(name, of: words, default: fallback.rawValue)
        return Choice(rawValue: word) ?? fallback
    }
}
