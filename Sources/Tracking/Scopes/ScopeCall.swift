internal import CMemscope

/// One call of a scope, as the task-local variable holds it.
///
/// The core reads the number out of the object, so it stays the first stored property. When no task holds the object
/// any more, the number is free.
final class ScopeCall: Sendable {
    let number: UInt32
    let scope: UInt32

    /// The call that the current task is in, or the current thread outside of tasks.
    @TaskLocal static var current: ScopeCall?

    private static let isKeyKnown: Bool = {
        // The object behind a task-local variable is never freed; the runtime uses its address as the variable's key.
        unsafe mscope_set_call_key(Unmanaged.passUnretained($current).toOpaque())
        return true
    }()

    private init(number: UInt32, scope: UInt32) {
        (self.number, self.scope) = (number, scope)
    }

    deinit { mscope_release_call(number) }

    /// Begins a call of a scope inside the current call; nil when there are too many.
    private static func begin(_ scope: UInt32) -> ScopeCall? {
        guard isKeyKnown else { return nil }
        let number = mscope_begin_call(scope, current?.number ?? 0)
        guard number != 0 else { return nil }
        return CaptureCore.asOwnThread { ScopeCall(number: number, scope: scope) }
    }

    private func end() {
        mscope_call_changed()
        mscope_end_call(number)
    }

    /// Runs `body` as a call of a scope; it only runs `body` when there are too many calls.
    static func run<Result>(in scope: UInt32, _ body: () throws -> Result) rethrows -> Result {
        guard let call = begin(scope) else { return try body() }
        defer { call.end() }
        return try $current.withValue(call) {
            mscope_call_changed()
            return try body()
        }
    }

    static func run<Result>(
        in scope: UInt32,
        isolation: isolated (any Actor)?,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        guard let call = begin(scope) else { return try await body() }
        defer { call.end() }
        return try await $current.withValue(
            call,
            operation: {
                mscope_call_changed()
                return try await body()
            },
            isolation: isolation
        )
    }
}
