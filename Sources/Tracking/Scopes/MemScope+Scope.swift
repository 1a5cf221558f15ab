extension MemScope {
    /// Counts what `body` allocates, under a name.
    ///
    /// ```swift
    /// let index = try MemScope.scope("import") { try readIndex() }
    /// ```
    ///
    /// All allocations count that the current task makes while `body` runs, and those of the tasks that it makes: child
    /// tasks and `Task { }`, not detached ones and not blocks on dispatch queues. Outside of tasks those of the current
    /// thread count. Scopes may be inside each other; what is allocated in the inner one counts for the outer one, too.
    /// The figures are those of ``MemScope/ScopeUsage``, in `/api/scopes` and on the dashboard.
    ///
    /// - Parameters:
    ///   - name: The name, of at most 256 bytes; the rest is cut off. There may be 16,384 names, counted once for each
    ///     place in other scopes. Further ones are counted as "(other)".
    ///   - attributes: What distinguishes the calls, such as `["route": "/users/:id"]`: at most eight, with at most 256
    ///     different sets of values. Further ones are counted as "(other)". So put no id of a user here.
    ///   - body: The code to count.
    /// - Returns: The result of `body`.
    /// - Throws: The error of `body`.
    public static func scope<Result>(
        _ name: String,
        attributes: [String: String] = [:],
        _ body: () throws -> Result
    ) rethrows -> Result {
        let outer = ScopeCall.current?.scope ?? 0
        return try ScopeCall.run(in: ScopeNames.number(of: name, attributes: attributes, in: outer), body)
    }

    /// Counts what `body` allocates, under a name, also when it goes on in other threads.
    ///
    /// ```swift
    /// return try await MemScope.scope("request", attributes: ["route": route]) { try await handle(request) }
    /// ```
    ///
    /// See the function of the same name that is not async.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - attributes: What distinguishes the calls.
    ///   - isolation: The actor on which the caller runs; `body` runs there, too.
    ///   - body: The code to count.
    /// - Returns: The result of `body`.
    /// - Throws: The error of `body`.
    public static func scope<Result>(
        _ name: String,
        attributes: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        let outer = ScopeCall.current?.scope ?? 0
        let number = ScopeNames.number(of: name, attributes: attributes, in: outer)
        return try await ScopeCall.run(in: number, isolation: isolation, body)
    }
}
