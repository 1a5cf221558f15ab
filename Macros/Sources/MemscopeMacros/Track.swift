@_exported import MemscopeServer

/// Tracks the value of an expression under the expression's text, from now until its memory is freed.
///
/// ```swift
/// let index = #track(try readIndex())     // a variable called "try readIndex()"
/// ```
///
/// It is the same as ``MemScope/track(_:_:file:function:line:)`` with the text as the name.
///
/// - Parameter value: The value.
/// - Returns: The value.
@freestanding(expression)
public macro track<Value>(_ value: Value) -> Value =
    #externalMacro(module: "MemscopeMacrosPlugin", type: "TrackMacro")
