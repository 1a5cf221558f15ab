extension HTTPDaemon {
    /// The settings that the user chooses.
    package struct Configuration: Sendable {
        package var address: ListenAddress
        /// When nil, loopback and unix sockets have no token, and any other address gets a random one.
        package var token: AccessToken?
        /// Additional host names, without port, under which clients may address the server.
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

    /// Limits for what one client, and all clients together, may ask of the process.
    package struct Limits: Sendable {
        package var connections = 32
        /// Limit for the request line and header fields together; a larger head is answered with 431.
        package var headerBytes = 32 * 1024
        /// Limit for the body; a larger one is answered with 413 without being read.
        package var bodyBytes = 64 * 1024
        /// The time in which a request must arrive completely, and for which a connection may be idle.
        package var requestSeconds = 10
        /// The same while all connections are in use and another client waits.
        package var crowdedMilliseconds = 100
        /// The time in which the client must read an answer.
        package var responseSeconds = 60
        /// The delay before a client is told that its token is wrong, unless other clients wait for its place.
        package var guessMilliseconds = 500
        /// The interval between two comments that keep a silent event stream open.
        package var heartbeatSeconds = 15

        package init() {}
    }
}
