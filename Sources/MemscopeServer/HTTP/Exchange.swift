/// One request while the daemon processes it.
///
/// Only the server thread uses it.
final class Exchange {
    enum Phase {
        /// The header fields have arrived.
        case head
        /// Waiting for the rest of the body.
        case body(Router.Match, expected: Int)
        /// The worker processes the request; the connection is suspended.
        case working
        /// The worker has finished.
        case ready(EncodedResponse)
        case answered
    }

    let id: Int
    let connection: ClientConnection
    /// The request target as sent; nil when it is not UTF-8.
    let target: String?
    var phase = Phase.head
    var request: HTTPRequest?
    var body: [UInt8] = []

    init(id: Int, connection: ClientConnection, target: String?) {
        self.id = id
        self.connection = connection
        self.target = target
    }
}
