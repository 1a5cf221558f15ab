/// Which `Host` values are answered.
///
/// A page that rebinds its own name to this machine's address still sends its own name,
/// and is refused here.
package struct HostPolicy: Sendable {
    private let names: Set<String>
    /// Rebinding needs a name, so on a wildcard address any literal address will do.
    private let allowsAnyAddress: Bool
    /// A browser cannot reach a unix socket, and clients send there what they like.
    private let allowsAnything: Bool

    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - names: Further names under which the user reaches it, without port.
    package init(address: ListenAddress, names: [String]) {
        let own = ["localhost", "127.0.0.1", "::1", address.host ?? "localhost"]
        self.names = Set((own + names).map { $0.lowercased() })
        allowsAnyAddress = address.isWildcard
        allowsAnything = address.host == nil
    }

    /// - Throws: 400 for several `Host` fields, 403 `forbidden-host` for a foreign one.
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
