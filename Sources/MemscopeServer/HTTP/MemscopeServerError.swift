/// The reason why the server could not start, with the remedy.
public struct MemscopeServerError: Error, Sendable, CustomStringConvertible {
    /// The kind of the failure; new kinds may be added, so always handle the default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case addressInUse, invalidAddress, invalidToken, system }

        private let kind: Kind

        /// Another process or socket uses the port or path.
        public static let addressInUse = Code(kind: .addressInUse)
        /// The address is malformed, or this machine does not have it.
        public static let invalidAddress = Code(kind: .invalidAddress)
        /// The token is too short or contains characters that cannot be in a cookie.
        public static let invalidToken = Code(kind: .invalidToken)
        /// A system call failed.
        public static let system = Code(kind: .system)

        /// The name of the code, such as "addressInUse".
        public var description: String { kind.rawValue }
    }

    /// The kind of the failure.
    public let code: Code
    /// What happened and what to do, in one sentence.
    public let message: String
    /// The system call and its error, such as "bind: Address already in use"; nil when no call failed.
    public let cause: String?

    /// The code, the message and the cause.
    public var description: String {
        "\(code): \(message)" + (cause.map { " (\($0))" } ?? "")
    }

    package init(code: Code, message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
