extension HTTPDaemon {
    /// What the user decides.
    package struct Configuration: Sendable {
        package var address: ListenAddress
        /// Nil: none on loopback and unix sockets, a random one on any other address.
        package var token: AccessToken?
        /// Further names, without port, under which clients may address the server.
        package var allowedHosts: [String]
        package var limits: Limits

        package init(
            address: ListenAddress = .loopback(port: 9100),
            token: AccessToken? = nil,
            allowedHosts: [String] = [],
            limits: Limits = Limits()
        ) {
            self.address = address
            self.token = token
            self.allowedHosts = allowedHosts
            self.limits = limits
        }
    }

    /// How much one client, and all of them together, may ask of the process.
    package struct Limits: Sendable {
        package var connections = 32
        /// Request line and header fields; more is answered with 431.
        package var headerBytes = 32 * 1024
        /// More is answered with 413, unread.
        package var bodyBytes = 64 * 1024
        /// For a request to arrive in full, and for a connection to be idle.
        package var requestSeconds = 10
        /// The same while all connections are taken and another client waits.
        package var crowdedMilliseconds = 100
        /// For an answer to be read by the client.
        package var responseSeconds = 60
        /// Before a client hears that its token is wrong, unless others wait for its place.
        package var guessMilliseconds = 500
        /// Between two comments that keep a silent event stream open.
        package var heartbeatSeconds = 15

        package init() {}
    }
}
