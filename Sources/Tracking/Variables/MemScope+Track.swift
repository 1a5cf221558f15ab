extension MemScope {
    /// Tracks a value under a name, from now until its memory is freed.
    ///
    /// ```swift
    /// let index = MemScope.track(try readIndex(), "index")
    /// ```
    ///
    /// The value may have any type. MemScope does not keep it alive: it notes which blocks of the heap the value refers
    /// to, and when and by which call stack they are freed. It does not follow later changes of a variable that holds
    /// the value; ``Tracked`` does. Each call tracks a variable of its own, whatever the name. They are in
    /// `/api/variables` and on the dashboard.
    ///
    /// At most 16,384 variables are tracked at one time; further ones are counted as dropped. Of those that have ended,
    /// the last 4,096 are kept.
    ///
    /// - Parameters:
    ///   - value: The value. Of a value larger than 512 bytes, the first 512 bytes are looked at.
    ///   - name: Its name, of at most 256 bytes; the rest is cut off.
    ///   - file: The file of the call.
    ///   - function: The function of the call.
    ///   - line: The line of the call.
    /// - Returns: The value.
    @discardableResult
    public static func track<Value>(
        _ value: Value,
        _ name: String,
        file: StaticString = #fileID,
        function: StaticString = #function,
        line: Int = #line
    ) -> Value {
        let place = CaptureCore.asOwnThread {
            SourcePlace(file: file.description, function: function.description, line: line)
        }
        let sample = CaptureCore.asOwnThread { ValueSample(value) }
        _ = TrackedVariables.add(name, sample, at: place)
        return value
    }
}
