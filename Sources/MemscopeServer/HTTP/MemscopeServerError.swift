/// Why the server could not start, with the remedy.
public struct MemscopeServerError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure; new kinds may be added, so always handle the default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case addressInUse, invalidAddress, invalidToken, system }

        private let kind: Kind

        /// Another process or socket has the port or path.
        public static let addressInUse = Code(kind: .addressInUse)
        /// The address cannot be understood, or this machine does not have it.
        public static let invalidAddress = Code(kind: .invalidAddress)
        /// The token is too short or has characters that a cookie cannot carry.
        public static let invalidToken = Code(kind: .invalidToken)
        /// A system call failed.
        public static let system = Code(kind: .system)

        /// The name of the code, such as "addressInUse".
        public var description: String { kind.rawValue }
    }

    /// What kind of failure.
    public let code: Code
    /// What happened and what to do, in a sentence.
    public let message: String
    /// The system call and its error, when there is one, such as "bind: Address already in use".
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
