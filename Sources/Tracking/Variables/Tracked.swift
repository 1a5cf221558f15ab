/// A property that MemScope tracks under its name, through all its changes.
///
/// ```swift
/// final class Server {
///     @Tracked var sessions: [Session] = []
/// }
/// ```
///
/// The variable is in `/api/variables` and on the dashboard, as those of ``MemScope/track(_:_:file:function:line:)``
/// are. Besides, MemScope sees when its value begins to refer to other blocks: that it got another value, that its
/// contents moved to a larger block, or that they were copied because another variable shared them, with the call
/// stack that made the copy.
///
/// Its name is that of the property in its type. MemScope finds it in a scan of the heap, such as the first one for
/// leaks; until then, and for local variables and static properties, give one: `@Tracked("sessions")`.
///
/// A copy of the property, such as that in a copied struct, becomes a variable of its own when it is changed.
@frozen
@propertyWrapper
public struct Tracked<Value> {
    @usableFromInline var value: Value
    @usableFromInline var variable: TrackedVariable

    /// Tracks a property.
    ///
    /// - Parameters:
    ///   - wrappedValue: Its first value.
    ///   - name: Its name, of at most 256 bytes; the rest is cut off. Nil: that of the property, once a scan has found
    ///     it.
    ///   - file: The file of its declaration.
    ///   - function: The function that declares it, or its type.
    ///   - line: The line of its declaration.
    public init(
        wrappedValue: Value,
        _ name: String? = nil,
        file: StaticString = #fileID,
        function: StaticString = #function,
        line: Int = #line
    ) {
        value = wrappedValue
        let place = CaptureCore.asOwnThread {
            SourcePlace(file: file.description, function: function.description, line: line)
        }
        variable = TrackedVariable(name, value, at: place)
    }

    // Inlined into the program's code, which knows the type: in generic code an access costs 40 ns.

    /// The value.
    @inlinable public var wrappedValue: Value {
        get { value }
        set {
            value = newValue
            if !isSame { changed(since: nil) }
        }
        _modify {
            let since = ValueChange.Moment.now
            defer { if !isSame { changed(since: since) } }
            yield &value
        }
    }

    /// Whether the value consists of the same words as before.
    @inlinable var isSame: Bool {
        if _isPOD(Value.self) && !(Value.self is any _Pointer.Type) { return true }
        guard MemoryLayout<Value>.size == 8 else { return variable.isSame(as: value) }
        return unsafe withUnsafeBytes(of: value) { unsafe ~$0.loadUnaligned(as: UInt64.self) } == variable.firstTurned
    }

    /// `since`: when the change began, if it was made in place.
    @usableFromInline mutating func changed(since: ValueChange.Moment?) {
        let change = since.map { $0.hasAllocatedSince ? ValueChange.modified(since: $0) : .assigned } ?? .assigned
        if !isKnownUniquelyReferenced(&variable) { variable = TrackedVariable(copyOf: variable, value) }
        if !variable.change(to: value, change) {
            variable = TrackedVariable(variable.name, value, at: variable.place)
        }
    }
}

extension Tracked: Sendable where Value: Sendable {}
