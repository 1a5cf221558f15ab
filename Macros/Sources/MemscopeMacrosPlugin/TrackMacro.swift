import SwiftCompilerPlugin
import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// `#track(value)` becomes `MemScope.track(value, "value")`.
public struct TrackMacro: ExpressionMacro {
    /// Makes the call.
    ///
    /// - Parameters:
    ///   - node: The use of the macro.
    ///   - context: Where it is.
    /// - Returns: The call that takes its place.
    /// - Throws: When there is no value.
    public static func expansion(
        of node: some FreestandingMacroExpansionSyntax,
        in context: some MacroExpansionContext
    ) throws -> ExprSyntax {
        guard let value = node.arguments.first?.expression else {
            throw MacroExpansionErrorMessage("#track needs a value, as in #track(index)")
        }
        let words = value.trimmedDescription.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let name = StringLiteralExprSyntax(content: words)
        guard let place = context.location(of: node) else { return "MemScope.track(\(value), \(name))" }
        return "MemScope.track(\(value), \(name), file: \(place.file), line: \(place.line))"
    }
}

@main
struct MemscopeMacrosPlugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [TrackMacro.self]
}
