/// A property that MemScope tracks under its name, through all its changes.
///
/// ```swift
/// final class Server {
///     @Tracked("sessions") var sessions: [Session] = []
/// }
/// ```
///
/// The variable is in `/api/variables` and on the dashboard, as those of ``MemScope/track(_:_:file:function:line:)``
/// are. Besides, MemScope sees when its value begins to refer to other blocks: that it got another value, that its
/// contents moved to a larger block, or that they were copied because another variable shared them, with the call
/// stack that made the copy.
///
/// A copy of the property, such as that in a copied struct, becomes a variable of its own when it is changed.
@propertyWrapper
public struct Tracked<Value> {
    private var value: Value
    private var variable: TrackedVariable

    /// Tracks a property.
    ///
    /// - Parameters:
    ///   - wrappedValue: Its first value.
    ///   - name: Its name, of at most 256 bytes; the rest is cut off.
    ///   - file: The file of its declaration.
    ///   - function: The function that declares it, or its type.
    ///   - line: The line of its declaration.
    public init(
        wrappedValue: Value,
        _ name: String,
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

    /// The value.
    public var wrappedValue: Value {
        get { value }
        set {
            value = newValue
            changed(.assigned)
        }
        _modify {
            let since = ValueChange.Moment.now
            defer { changed(since.hasAllocatedSince ? .modified(since: since) : .assigned) }
            yield &value
        }
    }

    private mutating func changed(_ change: ValueChange) {
        guard !variable.isSame(as: value) else { return }
        if !isKnownUniquelyReferenced(&variable) || !variable.change(to: value, change) {
            variable = TrackedVariable(variable.name, value, at: variable.place)
        }
    }
}

extension Tracked: Sendable where Value: Sendable {}
