/// Decides which values of `Host` are answered.
///
/// A page that lets its own host name resolve to this machine's address (DNS rebinding) still sends its own name as
/// `Host`, and is refused here.
package struct HostPolicy: Sendable {
    private let names: Set<String>
    /// DNS rebinding needs a name, so on a wildcard address any literal address is allowed.
    private let allowsAnyAddress: Bool
    /// A browser cannot connect to a unix socket, and the clients there send any `Host`.
    private let allowsAnything: Bool

    /// - Parameters:
    ///   - address: The address at which the server listens.
    ///   - names: Additional names under which the user reaches the server, without port.
    package init(address: ListenAddress, names: [String]) {
        let own = ["localhost", "127.0.0.1", "::1", address.host ?? "localhost"]
        self.names = Set((own + names).map { $0.lowercased() })
        allowsAnyAddress = address.isWildcard
        allowsAnything = address.host == nil
    }

    /// - Throws: 400 for several `Host` fields, 403 `forbidden-host` for a name that is not allowed.
    package func check(_ request: HTTPRequest) throws(HTTPError) {
        let hosts = request.headers.values(of: "Host")
        guard hosts.count <= 1 else {
            throw .badRequest("more than one Host header", hint: "send one")
        }
        if allowsAnything { return }
        guard let text = hosts.first, let (host, _) = splitAuthority(text), allows(host.lowercased()) else {
            throw HTTPError(
                status: 403,
                code: .forbiddenHost,
                message: "host \"\(hosts.first ?? "")\" is not served here",
                hint: "use \(names.sorted().joined(separator: ", ")), or add the name to the allowed hosts"
            )
        }
    }

    private func allows(_ host: String) -> Bool {
        names.contains(host) || (allowsAnyAddress && (isIPv4(host) || isIPv6(host)))
    }
}
